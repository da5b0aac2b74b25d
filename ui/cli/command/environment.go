package command

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// environmentPrefix starts the variables that stand for flags: PACELINE_MIN_DELAY
// is --min-delay.
const environmentPrefix = "PACELINE_"

// TokenVariable holds the bearer token for a queue. Unlike a flag it does not show in
// the list of processes.
const TokenVariable = "PACELINE_TOKEN"

// KeyVariable holds the key of the Claude API.
const KeyVariable = "ANTHROPIC_API_KEY"

// WithoutSecrets returns the variables of an environment without the tokens of paceline and the
// keys and tokens of the Claude API, for a program that needs none of them.
func WithoutSecrets(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		ours := strings.HasPrefix(name, environmentPrefix) || strings.HasPrefix(name, "ANTHROPIC_")
		return ours && (strings.HasSuffix(name, "_TOKEN") || strings.HasSuffix(name, "_KEY"))
	})
}

// FromEnvironment sets each flag that was not typed from its variable, if that is not
// empty. A list takes its values separated by commas.
func (a *App) FromEnvironment(set *pflag.FlagSet) (err error) {
	set.VisitAll(func(f *pflag.Flag) {
		if f.Changed || err != nil || f.Name == "help" {
			return
		}
		variable := variableOf(f.Name)
		value := a.Getenv(variable)
		if value == "" {
			return
		}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			_ = list.Replace(strings.Split(value, ",")) // any text is one
		} else if f.Value.Set(value) != nil {
			err = Usagef("%s is %q: must be %s", variable, value, expected(f))
		}
		f.Changed = true
	})
	return err
}

// variableOf returns the name of the variable that stands for a flag.
func variableOf(flag string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
