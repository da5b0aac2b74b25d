package command

import (
	"strings"

	"paceline/client"
)

// List writes words as a sentence does: "a, b or c".
func List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// OrDash writes a figure, or a dash if it is not known.
func OrDash[T any](o client.Opt[T], format func(T) string) string {
	if !o.Known {
		return "–"
	}
	return format(o.Value)
}

// Join joins what is not empty.
func Join(separator string, parts ...string) string {
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, separator)
}
