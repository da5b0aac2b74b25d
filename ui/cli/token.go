package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/access"
	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
)

// newToken returns the commands that make, list and revoke gateway tokens.
func newToken(a *command.App) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "token",
		Short: "Make, list and revoke the tokens that clients of the gateway need",
		Long: `Make, list and revoke the tokens that clients of the gateway need.

Tokens are kept in a file, hashed: a token is shown once, when it is made. A server that runs knows of a change within a second. Once a token was made, requests without one are refused; once an admin's was, it takes one to reset the metrics, change settings or cancel requests.`,
		Example: `# a team's token, and an operator's
paceline token new search-team --priority normal
paceline token new ops --priority high --admin
# who has one
paceline token list
# from now on it is refused
paceline token revoke search-team`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.PersistentFlags().StringVar(&file, "tokens", "", "file that the tokens are in; also "+command.TokensVariable+" (default "+command.TokensHint+")")
	c.AddCommand(newTokenNew(a, &file), newTokenList(a, &file), newTokenRevoke(a, &file))
	return command.Bind(c, func(_ context.Context, args []string) error {
		if len(args) > 0 {
			return command.Usagef("token knows no %q: there are new, list and revoke", args[0])
		}
		return command.Usagef("token needs to know what to do: paceline token new NAME, list, or revoke NAME")
	}, a.Fail)
}

// tokenName returns the name among the arguments of a command.
func tokenName(verb string, args []string) (string, error) {
	switch {
	case len(args) == 0:
		return "", command.Usagef("token %s needs a name, such as: paceline token %[1]s search-team", verb)
	case len(args) > 1:
		return "", command.Usagef("one token at a time: %d names were given", len(args))
	case access.CheckName(args[0]) != nil:
		return "", command.Usagef("%q cannot be a token's name: it has 1 to 64 letters, digits, dots, dashes or underscores", args[0])
	default:
		return args[0], nil
	}
}

// newTokenNew returns the command that makes a token.
func newTokenNew(a *command.App, file *string) *cobra.Command {
	var priority string
	var admin, seeAll bool
	var weight float64
	priorities := []string{queue.High.String(), queue.Normal.String(), queue.Low.String()}
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Make a token, and show it once",
		Long: `Make a token, and show it once: it alone goes to stdout, what to do with it to stderr.

NAME says whose it is; tokens share the queue's turns, so give each team its own. It sees the names and requests of its own users, those of others as "another user"; an admin's sees all.`,
		Example: `paceline token new search-team
paceline token new nightly-batch --priority low
paceline token new ops --priority high --admin
# for a monitor that shows everybody, and changes nothing
paceline token new wall --see-all
paceline token new product --weight 2`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().StringVar(&priority, "priority", queue.Normal.String(), "the highest that its requests may ask for: high, normal or low")
	c.Flags().BoolVar(&admin, "admin", false, "it may reset the metrics, change settings and cancel requests, and sees all")
	c.Flags().BoolVar(&seeAll, "see-all", false, "it sees the names of all users, and not only of its own")
	c.Flags().Float64Var(&weight, "weight", 1, fmt.Sprintf("how many turns it gets for each turn of a token of weight 1, a `number` from %g to %d", queue.MinWeight, queue.MaxWeight))
	command.Complete(c, "priority", priorities...)
	return command.Bind(c, func(ctx context.Context, args []string) error {
		name, err := tokenName("new", args)
		if err != nil {
			return err
		}
		if err := command.OneOf("priority", priority, priorities...); err != nil {
			return err
		}
		highest, err := queue.ParsePriority(priority)
		if err != nil {
			return command.Usagef("%v", err)
		}
		if access.CheckWeight(weight) != nil {
			return command.Usagef("--weight is %v: must be from %v to %v, such as 2 for twice the turns of others", weight, queue.MinWeight, queue.MaxWeight)
		}
		tokens, err := a.TokenFile(*file)
		if err != nil {
			return err
		}
		secret, err := tokens.Add(ctx, access.Token{Name: name, Priority: highest, Admin: admin, SeeAll: seeAll, Weight: weight})
		if err != nil {
			return command.TokenError(err)
		}
		a.Say("the token of %s, shown this once (its hash is in %s):", name, tokens)
		if _, err := fmt.Fprintln(a.Out, secret); err != nil {
			return command.Failf("the token could not be shown (%v): revoke it with paceline token revoke %s and make it again", err, name)
		}
		a.Say("clients send it in x-paceline-token or, where the gateway has its own API key, as that: ANTHROPIC_API_KEY")
		return nil
	}, a.Fail)
}

// newTokenList returns the command that lists the tokens.
func newTokenList(a *command.App, file *string) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:               "list",
		Short:             "List the tokens, without their secrets",
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	return command.Bind(c, func(_ context.Context, args []string) error {
		if len(args) > 0 {
			return command.Usagef("token list takes no %q: it lists them all", args[0])
		}
		tokens, err := a.TokenFile(*file)
		if err != nil {
			return err
		}
		list, err := tokens.List()
		if err != nil {
			return command.TokenError(err)
		}
		if asJSON {
			return printTokensJSON(a.Out, list)
		}
		if len(list) == 0 {
			a.Say("no tokens in %s: make one with paceline token new NAME", tokens)
			return nil
		}
		return printTokens(a.Out, list)
	}, a.Fail)
}

// printTokens prints a table. The weights have a column if one of them is not 1.
func printTokens(w io.Writer, list []access.Token) error {
	width, weighted := len("NAME"), false
	for _, t := range list {
		width, weighted = max(width, len(t.Name)), weighted || t.Weight != 1
	}
	var b strings.Builder
	row := func(name, priority, weight, admin, sees, created string) {
		if weighted {
			priority = fmt.Sprintf("%-8s  %6s", priority, weight)
		}
		fmt.Fprintf(&b, "%-*s  %-8s  %-5s  %-9s  %s\n", width, name, priority, admin, sees, created)
	}
	row("NAME", "PRIORITY", "WEIGHT", "ADMIN", "SEES", "CREATED")
	for _, t := range list {
		admin, sees := "no", "own users"
		if t.Admin {
			admin = "yes"
		}
		if t.SeeAll {
			sees = "all"
		}
		row(t.Name, t.Priority.String(), strconv.FormatFloat(t.Weight, 'g', -1, 64), admin, sees, t.Created.Local().Format("2006-01-02 15:04"))
	}
	_, err := fmt.Fprint(w, b.String())
	return err
}

// tokenJSON is a token as token list --json prints it.
type tokenJSON struct {
	Name     string    `json:"name"`
	Priority string    `json:"priority"`
	Weight   float64   `json:"weight"`
	Admin    bool      `json:"admin"`
	SeeAll   bool      `json:"seeAll"`
	Created  time.Time `json:"created"`
}

func printTokensJSON(w io.Writer, list []access.Token) error {
	out := make([]tokenJSON, len(list))
	for i, t := range list {
		out[i] = tokenJSON{t.Name, t.Priority.String(), t.Weight, t.Admin, t.SeeAll, t.Created}
	}
	return json.NewEncoder(w).Encode(out)
}

// newTokenRevoke returns the command that revokes a token.
func newTokenRevoke(a *command.App, file *string) *cobra.Command {
	c := &cobra.Command{
		Use:               "revoke NAME",
		Short:             "Revoke a token: a server that runs refuses it within a second",
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	return command.Bind(c, func(ctx context.Context, args []string) error {
		name, err := tokenName("revoke", args)
		if err != nil {
			return err
		}
		tokens, err := a.TokenFile(*file)
		if err != nil {
			return err
		}
		left, err := tokens.Revoke(ctx, name)
		if err != nil {
			return command.TokenError(err)
		}
		a.Say("revoked %s; a server that runs refuses it within a second", name)
		if len(left) == 0 {
			a.Say("none is left: every request is refused until you make one, or delete %s and restart to serve without", tokens)
		}
		return nil
	}, a.Fail)
}
