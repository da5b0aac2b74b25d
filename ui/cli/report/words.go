package report

import (
	"fmt"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue/human"
	"paceline/ui/cli/command"
)

// wordJoiner has no width and breaks no line. After an @ it prevents a mention where
// the report is pasted.
const wordJoiner = "\u2060"

// escape returns a text from the network as it can stand in a line or a table of
// Markdown: without markup, link, HTML, mention or line break.
func escape(s string) string {
	var b strings.Builder
	s = client.Clean(s)
	for i, r := range s {
		switch {
		case r == '@':
			b.WriteString("@" + wordJoiner)
			continue
		case strings.ContainsRune("\\`*_{}[]<>#|~$&!^", r),
			r == ':' && strings.HasPrefix(s[i:], "://"),
			i == 0 && strings.ContainsRune("-+=", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// quote returns a name as code; one with a backquote is only escaped.
func quote(s string) string {
	if s = client.Clean(s); strings.ContainsRune(s, '`') {
		return escape(s)
	}
	return "`" + s + "`"
}

// asSentence escapes a text from the network and ends it with a full stop.
func asSentence(s string) string {
	if s = strings.TrimSpace(escape(s)); s == "" {
		return ""
	}
	if strings.ContainsAny(s[len(s)-1:], ".!?…") {
		return s
	}
	return s + "."
}

func withSpace(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

func durationOf(d client.Opt[time.Duration]) string { return command.OrDash(d, human.Duration) }

// formatValue formats the value of a worst moment.
func formatValue(v any) string {
	switch v := v.(type) {
	case time.Duration:
		return human.Duration(v)
	case float64:
		return human.Share(v)
	default:
		return fmt.Sprint(v)
	}
}

// endTime returns the time of a report that has only one.
func (s *summary) endTime() string {
	if s.To.IsZero() {
		return "at a time that is not told"
	}
	return "at " + s.To.UTC().Format(time.DateTime) + " UTC"
}

// pollInterval formats the usual time between two polls.
func pollInterval(d time.Duration) string {
	if d < 1500*time.Millisecond && d > 500*time.Millisecond {
		return "about every second"
	}
	return fmt.Sprintf("about every %s", human.Duration(d))
}
