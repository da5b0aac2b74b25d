package report

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"paceline/client"
	"paceline/queue/human"
	"paceline/ui/cli/command"
)

// wordJoiner has no width and breaks no line. It keeps an @ from calling somebody
// by name where the report is pasted.
const wordJoiner = "\u2060"

// escaped makes a text from the network stand in a line or a table of Markdown as
// it is: no markup, no link, no HTML, no mention, no line break.
func escaped(s string) string {
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

// quoted makes a name stand as code, where it has no mark of that.
func quoted(s string) string {
	if s = client.Clean(s); strings.ContainsRune(s, '`') {
		return escaped(s)
	}
	return "`" + s + "`"
}

// sentence is a text from the network as a sentence.
func sentence(s string) string {
	if s = strings.TrimSpace(escaped(s)); s == "" {
		return ""
	}
	if strings.ContainsAny(s[len(s)-1:], ".!?…") {
		return s
	}
	return s + "."
}

func spaced(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// upper writes the first letter large.
func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func durationOf(d client.Opt[time.Duration]) string { return command.OrDash(d, human.Duration) }

// figureOf writes the value of a moment.
func figureOf(v any) string {
	switch v := v.(type) {
	case time.Duration:
		return human.Duration(v)
	case float64:
		return human.Share(v)
	default:
		return fmt.Sprint(v)
	}
}

// ended says when the report ends, for what was asked once.
func (s *summary) ended() string {
	if s.To.IsZero() {
		return "at a time that is not told"
	}
	return "at " + s.To.UTC().Format(time.DateTime) + " UTC"
}

// words of a poll that is usual.
func every(d time.Duration) string {
	if d < 1500*time.Millisecond && d > 500*time.Millisecond {
		return "about every second"
	}
	return fmt.Sprintf("about every %s", human.Duration(d))
}
