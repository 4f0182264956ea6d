package demo

import (
	"context"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/features/report"
	"github.com/ashar-kg/ashar/internal/platform/db"
	"github.com/ashar-kg/ashar/internal/platform/search"
)

// tables with rows of a demo's reports, in the order of their removal.
var tables = []string{
	"case_event", "case_photo", "case_flag", "case_seen", "case_delta", "case_stat", "case_view", "case_handover", "case_look", "case_summary", "case_recount", "figures_ledger",
	"figures_bulletin", "report_detail", "report_remote", "appeal_detail",
	"appeal_answer", "appeal_publication", "systemic_issue", "systemic_step", "systemic_link", "systemic_trace", "systemic_proposal", "systemic_member", "systemic_cursor",
	"systemic_late",
	"document_file", "desk_call", "desk_callback", "outage_notice", "mandate_grant", "account_home", "hearing", "hearing_session", "hearing_visit", "hearing_question", "reception_session", "reception_booking", "news_item", "postbox_letter", "chat_talk", "budget_class", "budget_version", "budget_line", "budget_sum", "budget_import", "budget_source", "budget_question", "budget_document", "budget_play", "budget_booklet",
	"notify_chat", "notify_count", "notify_text", "notify_digest", "report_route", "place_point", "place_cell", "place_delta", "notify_follow", "notify_inbox", "notify_message", "notify_watch", "notify_watch_cell",
	"account_session", "account_grant", "account_challenge", "account_limit", "city_counter", "once_key", "job",
	"project", "project_change", "project_update", "project_photo", "project_case",
	"pledge", "grant_call", "grant_member", "grant_draft", "grant_application", "grant_version", "grant_session", "grant_item", "grant_conflict", "grant_vote", "grant_contract", "grant_tranche",
	"vote_campaign", "vote_pot", "vote_project", "vote_book", "vote_roll", "vote_roll_key", "vote_box", "vote_tally", "vote_count", "vote_protest",
	"record_queue", "record_entry", "record_tile", "record_log", "record_key",
}

// Remove takes the demo city's reports and everything about them out of the
// database. Its description is overwritten by the next City.
func Remove(ctx context.Context, d *db.DB) error {
	var last int64
	for {
		n := 0
		err := d.Update(ctx, func(tx *db.Tx) error {
			page, err := casework.Listed(tx, CityID, casework.Filter{Kind: report.KindName, Before: last, Limit: 5000})
			if err != nil {
				return err
			}
			n, last = len(page.Files), page.More
			for _, f := range page.Files {
				if err := search.Remove(tx, CityID, report.KindName, f.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if n == 0 || last == 0 {
			break
		}
	}
	return d.Update(ctx, func(tx *db.Tx) error {
		for _, t := range append(tables, "case_file") {
			if _, err := tx.Exec("demo.remove."+t, `DELETE FROM `+t+` WHERE city_id = $1`, CityID); err != nil {
				return err
			}
		}
		return nil
	})
}
