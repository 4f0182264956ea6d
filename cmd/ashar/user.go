package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/ashar-kg/ashar/internal/app"
	"github.com/ashar-kg/ashar/internal/civic/account"
	"github.com/ashar-kg/ashar/internal/civic/permission"
	"github.com/ashar-kg/ashar/internal/platform/clock"
)

const userHelp = `say one of
  ashar user create --name NAME --address EMAIL-OR-PHONE --role ROLE [--body CODE] [--city SLUG]
  ashar user reset  --address EMAIL-OR-PHONE [--city SLUG]`

// user creates staff and resets access: how the first administrator of a city
// comes to be, and how one who lost the phone comes back.
func user(ctx context.Context, c *console, args []string) error {
	if len(args) == 0 || (args[0] != "create" && args[0] != "reset") {
		return wrong("%s", userHelp)
	}
	var name, address, role, bodyCode, slug string
	cfg, _, err := settings(c, "user "+args[0], args[1:], func(fs *flag.FlagSet) {
		fs.StringVar(&name, "name", "", "name of the person")
		fs.StringVar(&address, "address", "", "e-mail address or telephone number with which the person signs in")
		fs.StringVar(&role, "role", "", "one of "+roles())
		fs.StringVar(&bodyCode, "body", "", "code of the body; empty is the whole city")
		fs.StringVar(&slug, "city", "", "short name of the city, when there are several")
	})
	if err != nil {
		return err
	}
	a, err := app.New(ctx, cfg, logger(c, cfg), clock.System{})
	if err != nil {
		return err
	}
	defer a.Close()
	tenant, err := a.CityNamed(slug)
	if err != nil {
		return usageError{err}
	}
	operator := permission.Actor{City: tenant.ID, System: true}
	if args[0] == "reset" {
		id, err := a.Accounts.PersonAt(ctx, tenant, address)
		if err != nil {
			return fmt.Errorf("nobody signs in with this address: %w", err)
		}
		if err := a.Accounts.ResetAccess(ctx, tenant, operator, id); err != nil {
			return err
		}
		fmt.Fprintln(c.out, "All sessions are ended and the second factor is removed. The person signs in anew.")
		return nil
	}
	if !slices.Contains(permission.Roles, permission.Role(role)) {
		return wrong("--role is %q, expected one of %s", role, roles())
	}
	grant := permission.Grant{Role: permission.Role(role)}
	if bodyCode != "" {
		dir, err := a.Bodies.Of(ctx, tenant.ID)
		if err != nil {
			return err
		}
		b, ok := dir.ByCode(bodyCode)
		if !ok {
			return wrong("there is no body %q in %s", bodyCode, tenant.Slug)
		}
		grant.Body = b.ID
	}
	if _, err := a.Accounts.CreateStaff(ctx, tenant, operator, account.StaffSpec{Name: name, Address: address, Lang: tenant.Languages[0], Grants: []permission.Grant{grant}}); err != nil {
		return fmt.Errorf("%w (is the address right?)", err)
	}
	fmt.Fprintf(c.out, "%s may sign in as %s of %s. A second factor is asked for at the first sign-in.\n", name, role, tenant.Slug)
	return nil
}

func roles() string {
	out := make([]string, len(permission.Roles))
	for i, r := range permission.Roles {
		out[i] = string(r)
	}
	return strings.Join(out, ", ")
}
