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

// markdown is a text that grows part by part. What came from the network goes
// through [escaped].
type markdown struct{ command.Page }

// add writes a line, if it says something.
func (m *markdown) add(words string) {
	if words != "" {
		m.Line("%s", words)
	}
}

func (m *markdown) heading(words string) { m.Line("\n## %s\n", words) }

// table writes a table, if it has rows.
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

// listed returns the first rows, and a line that says how many more there are.
func listed[T any](all []T, row func(T) []string) (rows [][]string, more string) {
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
	m.Line("# Queue report: %s\n", quoted(s.source))
	s.opening(m)
	s.atAGlance(m)
	s.course(m)
	s.waiting(m)
	s.requests(m)
	s.troubles(m)
	s.overTime(m)
	s.load(m)
	s.help(m)
	s.remarks(m)
	return m.String()
}

// opening says what the report is of.
func (s *summary) opening(m *markdown) {
	when := s.ended()
	if s.To.After(s.From) {
		to := s.To.UTC().Format(time.TimeOnly)
		if s.To.UTC().YearDay() != s.From.UTC().YearDay() || s.To.Sub(s.From) > 24*time.Hour {
			to = s.To.UTC().Format(time.DateTime)
		}
		when = fmt.Sprintf("from %s to %s UTC (%s)", s.From.UTC().Format(time.DateTime), to, human.Duration(s.To.Sub(s.From)))
	}
	how := human.Plural(int(s.Answers), "answer")
	if s.Interval > 0 {
		how += ", " + every(s.Interval)
	}
	if s.Failures > 0 {
		how += fmt.Sprintf("; %s failed", human.Plural(int(s.Failures), "poll"))
	}
	m.Line("%s, %s.%s", upper(when), how, s.behind())
}

// behind says what stands behind the queue, as far as that is told.
func (s *summary) behind() string {
	words := ""
	if s.Simulated.Known && s.Simulated.Value {
		words += " The API behind it is simulated."
	}
	if s.Version.Known {
		words += " Server: paceline " + escaped(s.Version.Value) + "."
	}
	return words
}

// atAGlance are the lines that somebody reads who reads no more.
func (s *summary) atAGlance(m *markdown) {
	m.Line("")
	if s.Answers > 0 {
		at := "At the end"
		if s.live && s.Answers == 1 {
			at = "Now"
		}
		v := s.Verdict
		m.Line("- **%s: %s.** %s%s", at, v.Level, sentence(v.Message), spaced(sentence(v.Recommendation)))
	}
	if w := s.Waits.All; w.P95.Known {
		m.Line("- **Waits**: half of the requests waited at most %s, 95 in 100 at most %s%s.", human.Duration(w.P50.Value), human.Duration(w.P95.Value), s.markDerived())
	} else if s.Waits.Average.Known {
		m.Line("- **Waits**: %s on average since the server's start or last reset.", human.Duration(s.Waits.Average.Value))
	}
	if down := s.outOfReach(); down != "" {
		m.Line("- **Without answers**: %s.", down)
	}
	if c := s.advice; c.Advice != nil {
		m.Line("- **What would help**: %s", c.inShort())
	}
}

func (s *summary) markDerived() string {
	if s.Waits.Derived {
		return " (derived: see below)"
	}
	return ""
}

// outOfReach sums up the outages.
func (s *summary) outOfReach() string {
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

// course says how long which verdict held, and what was wrong.
func (s *summary) course(m *markdown) {
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
		rows, more := listed(s.Problems, func(h report.Problem) []string {
			lasted := "–"
			if h.For > 0 {
				lasted = human.Duration(h.For)
			}
			return []string{h.Finding.Level.String(), sentence(h.Finding.Message), lasted, s.clock(h.First), s.clock(h.Last), sentence(h.Finding.Recommendation)}
		})
		m.table([]string{"", "what, as last said", "held for", "first", "last", "recommendation"}, rows)
		m.add(more)
	}
}

// clock writes a moment, with its day where the report has several.
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
