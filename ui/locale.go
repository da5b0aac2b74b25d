package ui

import (
	"slices"
	"strings"
)

// NeedsASCII reports whether a terminal session with this environment can be drawn on with
// plain ASCII only: its font lacks most of what the monitor draws with, or its character
// set is not UTF-8.
func NeedsASCII(env []string) bool {
	if slices.Contains([]string{"linux", "dumb", "vt100", "vt102", "vt220"}, variable(env, "TERM")) {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} { // the first that is set counts, says POSIX
		if locale := strings.ToLower(variable(env, name)); locale != "" {
			return !strings.Contains(locale, "utf-8") && !strings.Contains(locale, "utf8")
		}
	}
	return false // nothing is said
}

// variable is a variable of an environment; the last one of a name counts.
func variable(env []string, name string) (value string) {
	for _, entry := range env {
		if v, ok := strings.CutPrefix(entry, name+"="); ok {
			value = v
		}
	}
	return value
}
