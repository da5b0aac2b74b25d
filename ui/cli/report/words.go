package report

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"paceline/client"
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

// lasting writes a long time in the two units that matter.
func lasting(d time.Duration) string {
	d = d.Round(time.Second)
	s := int64(d / time.Second)
	switch {
	case s < 100:
		return fmt.Sprintf("%d s", s)
	case s < 2*3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	case s < 48*3600:
		return fmt.Sprintf("%d h %d min", s/3600, s/60%60)
	default:
		return fmt.Sprintf("%d d %d h", s/86400, s/3600%24)
	}
}

// percentTenths writes a share with one decimal, as the wire does.
func percentTenths(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// waited writes a wait.
func waited(d time.Duration) string {
	if d == 0 {
		return "0 s"
	}
	return command.Span(d)
}

func spanOf(d client.Opt[time.Duration]) string { return command.OrDash(d, waited) }

// figureOf writes the value of a moment.
func figureOf(v any) string {
	switch v := v.(type) {
	case time.Duration:
		return command.Span(v)
	case float64:
		return percentTenths(v)
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
	return fmt.Sprintf("about every %s", lasting(d))
}
