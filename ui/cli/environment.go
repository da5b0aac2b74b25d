package cli

import (
	"strings"

	"github.com/spf13/pflag"
)

// environmentPrefix starts the variables that stand for flags: PACELINE_MIN_DELAY
// is --min-delay.
const environmentPrefix = "PACELINE_"

// tokenVariable is where the token comes from when no flag gives one. Unlike a
// flag it does not show in the list of processes.
const tokenVariable = "PACELINE_TOKEN"

// keyVariable holds the key of the Claude API.
const keyVariable = "ANTHROPIC_API_KEY"

// fromEnvironment gives the flags that were not typed the values of their
// variables. A flag that can be repeated takes several, parted by commas.
func (a *app) fromEnvironment(set *pflag.FlagSet) (err error) {
	set.VisitAll(func(f *pflag.Flag) {
		if f.Changed || err != nil || f.Name == "help" {
			return
		}
		variable := variableOf(f.Name)
		value := a.getenv(variable)
		if value == "" {
			return
		}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			_ = list.Replace(strings.Split(value, ",")) // any text is one
		} else if f.Value.Set(value) != nil {
			err = usagef("%s is %q: must be %s", variable, value, expected(f))
		}
		f.Changed = true
	})
	return err
}

// variableOf is the variable that stands for a flag.
func variableOf(flag string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
