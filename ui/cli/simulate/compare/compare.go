package compare

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"paceline/queue/replay"
	"paceline/ui/cli/command"

	"github.com/charmbracelet/colorprofile"
	"github.com/spf13/cobra"
)

// defaultLoad is the number of the load that is shown unless --load names another.
// It is the one in which the paces differ most clearly.
const defaultLoad = 5

// flags are the flags of simulate compare.
type flags struct {
	load     string
	all      bool
	ascii    bool
	markdown bool
	json     bool
}

// Command returns the command that compares paces.
func Command(a *command.App) *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "compare",
		Short: "Compare paces: the same traffic, the same simulated account",
		Long: `Compare paces: the same traffic, the same simulated account.

No queue, the SDKs' own retries, the published spacing, ours, a limiter that was told the limit, ours adaptive (which knows nothing yet, refuses what it could not serve in time, knows the account, or was restarted), and an oracle that sees the account's buckets and what each request will cost. It runs in virtual time, takes a few seconds, and gives the same figures every time.

First comes a list of all loads, then a picture and a table of one: of 40 users who ask all at once, or of the one that --load names.`,
		Example: `# all loads in short, and one in full
paceline simulate compare
# one of them, by its number in the list or by words of its name
paceline simulate compare --load 6
paceline simulate compare --load 'a day'
# every table, for a page or for a program
paceline simulate compare --markdown > paces.md
paceline simulate compare --json`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f.addTo(c)
	return command.Bind(c, func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return command.Usagef("simulate compare takes no %q: a load is chosen with --load, such as --load %d", args[0], defaultLoad)
		}
		return run(ctx, a, f)
	}, a.Fail)
}

func (f *flags) addTo(c *cobra.Command) {
	set := c.Flags()
	set.StringVar(&f.load, "load", "", "only this load: its number, or words of its name")
	set.BoolVar(&f.all, "all", false, "the tables of all loads")
	set.BoolVar(&f.ascii, "ascii", false, "draw with plain ASCII characters only")
	set.BoolVar(&f.markdown, "markdown", false, "print the tables of all loads, or of the one, as Markdown")
	set.BoolVar(&f.json, "json", false, "print all loads, or the one, as one JSON object")
	var words []string
	for i, l := range replay.Loads() {
		words = append(words, cobra.CompletionWithDesc(strconv.Itoa(i+1), l.Name))
	}
	command.Complete(c, "load", words...)
}

// comparison is a load with its result under each pace.
type comparison struct {
	number int // from 1, among all loads
	load   replay.Load
	rows   []replay.Row
}

// run compares the loads that the flags choose, and prints the result.
func run(ctx context.Context, a *command.App, f flags) error {
	if f.all && f.load != "" {
		return command.Usagef("--all and --load say two things: give one of them")
	}
	if f.json && f.markdown {
		return command.Usagef("--json and --markdown say two things: give one of them")
	}
	loads := replay.Loads()
	chosen := 0 // all of them
	if f.load != "" {
		var err error
		if chosen, err = chooseLoad(f.load, loads); err != nil {
			return err
		}
	}
	var all []comparison
	for i, l := range loads {
		if chosen == 0 || i+1 == chosen {
			all = append(all, comparison{number: i + 1, load: l})
		}
	}
	err := compareAll(ctx, all)
	switch {
	case ctx.Err() != nil:
		return command.Failf("stopped before the end: nothing is printed")
	case err != nil:
		return command.Failf("%v", err) // not with our own loads
	}
	if err := writeAll(a, f, all); err != nil {
		return command.Failf("the comparison could not be written: %v", err)
	}
	return nil
}

// compareAll sets the rows of all comparisons.
func compareAll(ctx context.Context, all []comparison) error {
	loads := make([]replay.Load, len(all))
	for i, c := range all {
		loads[i] = c.load
	}
	rows, err := replay.CompareAll(ctx, loads)
	for i := range rows {
		all[i].rows = rows[i]
	}
	return err
}

// writeAll writes the comparisons in the form that the flags ask for.
func writeAll(a *command.App, f flags, all []comparison) error {
	switch {
	case f.json:
		return printJSON(a.Out, all)
	case f.markdown:
		for i, c := range all {
			if i > 0 {
				fmt.Fprintln(a.Out)
			}
			if _, err := io.WriteString(a.Out, replay.Table(&c.load, c.rows)); err != nil {
				return err
			}
		}
		return nil
	}
	p := page{styles: newStyles(f.ascii), width: a.Columns(maxWidth)}
	switch {
	case f.all:
		for _, c := range all {
			p.writeHeading(c)
			p.writePaces(c)
			p.Line("")
		}
		p.writeFootnote()
	case len(all) == 1:
		p.writeLoad(all[0])
	default:
		p.writeList(all)
		p.Line("")
		p.writeLoad(all[defaultLoad-1])
	}
	// Where there are no colours, or no terminal, the writer takes them out.
	_, err := io.WriteString(colorprofile.NewWriter(a.Out, a.Env), p.String())
	return err
}

// maxWidth is the width of the widest table and picture.
const maxWidth = 120

// chooseLoad returns the number of a load that is given by its number, or by words
// that stand in no other load's name.
func chooseLoad(said string, loads []replay.Load) (int, error) {
	n, err := strconv.Atoi(said)
	if err == nil && n >= 1 && n <= len(loads) {
		return n, nil
	}
	words := strings.ToLower(strings.TrimSpace(said))
	var found []int
	for i, l := range loads {
		name := strings.ToLower(l.Name)
		if name == words {
			return i + 1, nil
		}
		if err != nil && words != "" && strings.Contains(name, words) { // no number is words
			found = append(found, i+1)
		}
	}
	problem := "must be one of these, by its number or by words of its name"
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		for i := range loads {
			found = append(found, i+1)
		}
	default:
		problem = "several have it in their names, say which by its number"
	}
	var names strings.Builder
	for _, n := range found {
		fmt.Fprintf(&names, "\n%4d  %s", n, loads[n-1].Name)
	}
	return 0, command.Usagef("--load is %q: %s:%s", said, problem, names.String())
}
