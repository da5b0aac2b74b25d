package command

import (
	"errors"
	"slices"
	"strings"

	"paceline/queue"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError turns an error of the flag parser into a sentence that names what to type
// instead.
func flagError(c *cobra.Command, err error) error {
	help := c.CommandPath() + " --help"
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if e.GetSpecifiedShortnames() != "" {
			return Usagef("there is no flag -%s, see %s", e.GetSpecifiedName(), help)
		}
		return Usagef("there is no flag --%s, see %s", e.GetSpecifiedName(), help)
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return Usagef("--%s needs a value: %s", e.GetFlag().Name, expected(e.GetFlag()))
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return Usagef("--%s is %q: must be %s", e.GetFlag().Name, e.GetValue(), expected(e.GetFlag()))
	}
	return Usagef("%v, see %s", err, help)
}

// FlagsError rewrites an error of a package that has a line for each field that is out
// of its range, "queue: minDelay is …", in the names of the flags: "--min-delay is …".
// Subject names a field that has no flag of its own name; nil where each has one.
func FlagsError(err error, of string, subject func(field string) (words string, ok bool)) error {
	var said []string
	for line := range strings.Lines(err.Error()) {
		field, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), of+": "), " ")
		field = field[strings.LastIndexByte(field, '.')+1:] // without its group
		words := "--" + flagOf(field)
		if subject != nil {
			if other, ok := subject(field); ok {
				words = other
			}
		}
		said = append(said, words+" "+rest)
	}
	return Usagef("%s", strings.Join(said, "; "))
}

// flagOf writes a field's name, minDelay, as a flag's, min-delay.
func flagOf(field string) string { return strings.Join(queue.NameWords(field), "-") }

// NewFlagGroup returns a set of flags that the help shows under one heading, in the order
// in which they are defined.
func NewFlagGroup(name string) *pflag.FlagSet {
	set := pflag.NewFlagSet(name, pflag.ContinueOnError)
	set.SortFlags = false
	return set
}

// expected describes the values of a flag.
func expected(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "duration":
		return "a time with its unit, such as 1.5s or 200ms"
	case "int":
		return "a whole number"
	case "uint64":
		return "a whole number, zero or more"
	case "float64":
		return "a number, such as 0.5"
	case "size":
		return "a size with its unit, such as 2GB or 500MB"
	case "bool":
		return "true or false, or nothing at all"
	default:
		_, usage := pflag.UnquoteUsage(f)
		return usage
	}
}

// LooksLikeAddress reports whether a word can be the address of a queue, not the name
// of a command.
func LooksLikeAddress(word string) bool {
	return word == "localhost" || strings.ContainsAny(word, ":/.")
}

// OneOf returns an error if the value of a flag is none of the words.
func OneOf(flag, value string, words ...string) error {
	if slices.Contains(words, value) {
		return nil
	}
	return Usagef("--%s is %q: must be %s", flag, value, List(words))
}
