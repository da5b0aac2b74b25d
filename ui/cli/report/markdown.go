package report

import (
	"fmt"
	"strings"
	"time"

	"paceline/client/report"
	"paceline/queue/human"
	"paceline/ui/cli/command"
)

// maxListed is how many rows a table of outages, breaks or findings has.
const maxListed = 20

// markdown is a page of Markdown that grows line by line. Text from the network goes
// through [escape].
type markdown struct{ command.Page }

// addLine appends a line that is not empty.
func (m *markdown) addLine(words string) {
	if words != "" {
		m.Line("%s", words)
	}
}

func (m *markdown) heading(words string) { m.Line("\n## %s\n", words) }

// table appends a table that has rows.
func (m *markdown) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	m.Line("| %s |", strings.Join(head, " | "))
	m.Line("|%s", strings.Repeat("---|", len(head)))
	for _, row := range rows {
		m.Line("| %s |", strings.Join(row, " | "))
	}
}

// firstRows returns the rows of the first maxListed elements, and a line that says
// how many are left out.
func firstRows[T any](all []T, row func(T) []string) (rows [][]string, more string) {
	for i, one := range all {
		if i == maxListed {
			return rows, fmt.Sprintf("\n%d more are left out.", len(all)-maxListed)
		}
		rows = append(rows, row(one))
	}
	return rows, ""
}

// markdown returns the report as Markdown.
func (s *summary) markdown() string {
	m := &markdown{}
	m.Line("# Queue report: %s\n", quote(s.source))
	s.writeOpening(m)
	s.writeGlance(m)
	s.writeCourse(m)
	s.writeWaits(m)
	s.writeRequests(m)
	s.writeTroubles(m)
	s.writeTimeline(m)
	s.writeLoad(m)
	s.writeAdvice(m)
	s.writeNotes(m)
	return m.String()
}

// writeOpening writes the period, the number of answers and the server.
func (s *summary) writeOpening(m *markdown) {
	when := s.endTime()
	if s.To.After(s.From) {
		to := s.To.UTC().Format(time.TimeOnly)
		if s.To.UTC().YearDay() != s.From.UTC().YearDay() || s.To.Sub(s.From) > 24*time.Hour {
			to = s.To.UTC().Format(time.DateTime)
		}
		when = fmt.Sprintf("from %s to %s UTC (%s)", s.From.UTC().Format(time.DateTime), to, human.Duration(s.To.Sub(s.From)))
	}
	how := human.Plural(int(s.Answers), "answer")
	if s.Interval > 0 {
		how += ", " + pollInterval(s.Interval)
	}
	if s.Failures > 0 {
		how += fmt.Sprintf("; %s failed", human.Plural(int(s.Failures), "poll"))
	}
	m.Line("%s, %s.%s", human.Capitalize(when), how, s.backend())
}

// backend describes the server and its API, as far as the server tells them.
func (s *summary) backend() string {
	words := ""
	if s.Simulated.Known && s.Simulated.Value {
		words += " The API behind it is simulated."
	}
	if s.Version.Known {
		words += " Server: paceline " + escape(s.Version.Value) + "."
	}
	return words
}

// writeGlance writes the summary: the verdict, the waits, the outages and the
// advice.
func (s *summary) writeGlance(m *markdown) {
	m.Line("")
	if s.Answers > 0 {
		at := "At the end"
		if s.live && s.Answers == 1 {
			at = "Now"
		}
		v := s.Verdict
		m.Line("- **%s: %s.** %s%s", at, v.Level, asSentence(v.Message), withSpace(asSentence(v.Recommendation)))
	}
	if w := s.Waits.All; w.P95.Known {
		m.Line("- **Waits**: half of the requests waited at most %s, 95 in 100 at most %s%s.", human.Duration(w.P50.Value), human.Duration(w.P95.Value), s.derivedHint())
	} else if s.Waits.Average.Known {
		m.Line("- **Waits**: %s on average since the server's start or last reset.", human.Duration(s.Waits.Average.Value))
	}
	if down := s.describeOutages(); down != "" {
		m.Line("- **Without answers**: %s.", down)
	}
	if c := s.advice; c.Advice != nil {
		m.Line("- **What would help**: %s", s.adviceHeadline())
		if spared := c.spared(); spared != "" {
			m.Line("- **What the queue has spared**: %s", spared)
		}
	}
}

func (s *summary) derivedHint() string {
	if s.Waits.Derived {
		return " (derived: see below)"
	}
	return ""
}

// describeOutages returns how long the queue did not answer.
func (s *summary) describeOutages() string {
	var parts []string
	for _, l := range s.Levels {
		if l.Name == report.Unreachable || l.Name == report.NoFigures {
			parts = append(parts, fmt.Sprintf("%s for %s", l.Name, human.Duration(l.For)))
		}
	}
	if len(parts) == 0 && s.Failures > 0 {
		return human.Plural(int(s.Failures), "poll") + " failed"
	}
	return strings.Join(parts, ", ")
}

// writeCourse writes how long each verdict held, and the problems.
func (s *summary) writeCourse(m *markdown) {
	if len(s.Levels) > 0 {
		m.heading("How it went")
		var rows [][]string
		for _, l := range s.Levels {
			rows = append(rows, []string{l.Name, human.Duration(l.For), human.Share(l.Share)})
		}
		m.table([]string{"verdict", "held for", "share"}, rows)
	}
	if len(s.Problems) > 0 {
		m.heading("What was wrong")
		rows, more := firstRows(s.Problems, func(h report.Problem) []string {
			lasted := "–"
			if h.For > 0 {
				lasted = human.Duration(h.For)
			}
			return []string{h.Finding.Level.String(), asSentence(h.Finding.Message), lasted, s.clock(h.First), s.clock(h.Last), asSentence(h.Finding.Recommendation)}
		})
		m.table([]string{"", "what, as last said", "held for", "first", "last", "recommendation"}, rows)
		m.addLine(more)
	}
}

// clock formats a time, with the day where the report spans several.
func (s *summary) clock(t time.Time) string {
	switch {
	case t.IsZero():
		return "–"
	case s.To.Sub(s.From) > 24*time.Hour || s.To.UTC().YearDay() != s.From.UTC().YearDay():
		return human.Clock(t.UTC(), time.Time{}) // with its day
	default:
		return t.UTC().Format(time.TimeOnly)
	}
}
