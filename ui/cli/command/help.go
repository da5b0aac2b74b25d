package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// FlagGroup is a part of a command's flags, and its heading in the help.
type FlagGroup struct {
	Title string
	Set   *pflag.FlagSet
}

// GroupHelp shows the flags of a command in groups, for commands that have too many
// for one list. example is the flag by which the help explains the variables of the
// environment.
func GroupHelp(c *cobra.Command, example string, groups []FlagGroup) {
	c.SetHelpFunc(func(called *cobra.Command, args []string) {
		if called != c { // a command below it, whose flags are others
			c.Root().HelpFunc()(called, args)
			return
		}
		w := c.OutOrStdout()
		fmt.Fprintf(w, "%s\n\nUsage\n  %s\n", c.Long, c.UseLine())
		if c.Example != "" {
			fmt.Fprintf(w, "\nExamples\n%s\n", indent(c.Example))
		}
		writeCommands(w, c)
		for _, g := range groups {
			fmt.Fprintf(w, "\n%s\n", g.Title)
			writeFlags(w, g.Set)
		}
		fmt.Fprintf(w, "\nEvery flag is also a variable of the environment: --%s is %s.\n", example, variableOf(example))
	})
}

// writeCommands lists the commands below c, if there are any.
func writeCommands(w io.Writer, c *cobra.Command) {
	if !c.HasAvailableSubCommands() {
		return
	}
	fmt.Fprintf(w, "\nCommands\n")
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			fmt.Fprintf(w, "  %-*s %s\n", nameWidth, below.Name(), below.Short)
		}
	}
}

// nameWidth is the least width of the column of names.
const nameWidth = 26

// writeFlags lists flags with what they take, what they do, and their defaults.
func writeFlags(w io.Writer, set *pflag.FlagSet) {
	named := func(f *pflag.Flag) (name, usage string) {
		kind, usage := pflag.UnquoteUsage(f)
		return strings.TrimSuffix("--"+f.Name+" "+kind, " "), usage
	}
	width := nameWidth
	set.VisitAll(func(f *pflag.Flag) {
		name, _ := named(f)
		width = max(width, len(name))
	})
	set.VisitAll(func(f *pflag.Flag) {
		name, usage := named(f)
		if f.DefValue != "" && f.DefValue != "[]" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
			usage += " (" + f.DefValue + ")"
		}
		fmt.Fprintf(w, "  %-*s %s\n", width, name, usage)
	})
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(s, "\n", "\n  ")
}
