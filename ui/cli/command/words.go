package command

import (
	"strings"

	"paceline/client"
)

// List joins words as in a sentence: "a, b or c".
func List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// OrDash formats a figure; it returns a dash if the figure is not known.
func OrDash[T any](o client.Opt[T], format func(T) string) string {
	if !o.Known {
		return "–"
	}
	return format(o.Value)
}

// JoinNonEmpty joins the parts that are not empty.
func JoinNonEmpty(separator string, parts ...string) string {
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, separator)
}
