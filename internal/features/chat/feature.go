package chat

import (
	"context"

	"github.com/ashar-kg/ashar/internal/civic/manifest"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/telegram"
)

// Manifest declares the feature.
func (s *Service) Manifest() manifest.Feature {
	return manifest.Feature{
		Name: "chat",
		PersonalData: []manifest.PersonalData{{
			Name: "chat", Purpose: "chat.register.purpose", Term: "chat.register.term", Export: export, Tell: tell, Erase: erase,
		}},
	}
}

// export gives nothing out: what is begun in a chat is in the chat, and what was
// finished is among the cases.
func export(*db.Tx, int64, int64) (any, error) { return nil, nil }

func tell(context.Context, any) ([]manifest.Told, error) { return nil, nil }

// Commands are the lines of the bot's menu.
func (s *Service) Commands(lang string) []telegram.Command {
	p := s.Catalogue.Printer(lang)
	var out []telegram.Command
	for _, name := range []string{"new", "my", "help", "stop"} {
		out = append(out, telegram.Command{Name: name, Description: p.T("chat.command." + name)})
	}
	return out
}
