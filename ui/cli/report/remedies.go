package report

import (
	"fmt"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue/human"
	"paceline/ui/cli/command"
)

// inShort is the advice in one sentence.
func (c sourcedAdvice) inShort() string {
	if best, ok := c.Best(); ok {
		return fmt.Sprintf("%s: p95 wait %s → %s (computed%s).", escaped(best.What), durationOf(c.P95), durationOf(best.P95), c.ifAssumed())
	}
	if len(c.Remedies) > 0 {
		return "nothing that was tried would make the waits shorter (computed" + c.ifAssumed() + ")."
	}
	return "hardly anybody waits (computed" + c.ifAssumed() + "): nothing is needed."
}

func (c sourcedAdvice) ifAssumed() string {
	if c.told {
		return ""
	}
	return ", assumptions below"
}

// help says what would help.
func (s *summary) help(m *markdown) {
	m.heading("What would help")
	c := s.advice
	if c.Advice == nil {
		m.Line("%s", c.without)
		return
	}
	if c.told {
		m.Line("Computed by the server%s, from the traffic before.", at(c.At, s))
	} else {
		m.Line("The server tells no advice. This was computed here, from the %s requests that its counters tell of in the hour from %s. **Assumed**: %s.",
			countOf(c.Requests), s.clock(c.hour), strings.Join(c.assumed, "; "))
	}
	m.Line("")
	m.advice(c.Advice, s.felt())
	if c.worst != nil {
		m.Line("\n### When waits were longest\n")
		m.Line("Computed by the server%s.\n", at(c.worst.At, s))
		m.remedies(c.worst, measuredBeside(c.worst))
	}
}

// felt is what stands beside the waits that were computed: what they were.
func (s *summary) felt() string {
	if w := s.Waits.All; !s.advice.told && w.P95.Known {
		how := "measured"
		if s.Waits.Derived {
			how = "derived"
		}
		return how + " p95 of the whole time: " + human.Duration(w.P95.Value)
	}
	return measuredBeside(s.advice.Advice)
}

// advice writes all of an advice.
func (m *markdown) advice(a *client.Advice, felt string) {
	if a.Requests.Known {
		m.Line("- Traffic: %s by %s%s", human.Plural(int(a.Requests.Value), "request"), command.OrDash(a.Users, func(n int) string { return human.Plural(n, "user") }),
			command.OrDash(a.Over, func(d time.Duration) string { return " in " + human.Duration(d) }))
	}
	if a.Account.Known {
		assumed := ""
		if a.Assumed.Value {
			assumed = " (assumed)"
		}
		m.Line("- Limits%s: %s", assumed, escaped(a.Account.Value))
	}
	if a.BindsNow.Known {
		m.Line("- Those who waited then waited for: **%s**", escaped(a.BindsNow.Value))
	}
	m.Line("- What binds, computed: **%s**", command.OrDash(a.Binds, escaped))
	m.Line("")
	m.remedies(a, felt)
	if p := a.Published; p.Users.Known {
		m.Line("\nUsually advised for %s users: %s.%s", escaped(p.Users.Value), escaped(strings.Join(p.Advice, "; ")), command.OrDash(p.Verdict, func(v string) string { return " " + upper(escaped(v)) + "." }))
	}
}

// remedies writes what each would do, beside what was felt.
func (m *markdown) remedies(a *client.Advice, felt string) {
	rows := [][]string{{"as it is", durationOf(a.P50), durationOf(a.P95), countOf(a.Refused), felt}}
	for _, r := range a.Remedies {
		note := escaped(r.Note.Value)
		if !a.Helps(r) {
			note = command.Join("; ", "no help", note)
		}
		rows = append(rows, []string{escaped(r.What), durationOf(r.P50), durationOf(r.P95), countOf(r.Refused), note})
	}
	m.table([]string{"computed", "p50 wait", "p95 wait", "refused or failed", ""}, rows)
}

func measuredBeside(a *client.Advice) string {
	if !a.MeasuredP95.Known {
		return ""
	}
	return "measured p95: " + human.Duration(a.MeasuredP95.Value)
}

func at(t client.Opt[time.Time], s *summary) string {
	if !t.Known {
		return ""
	}
	return " at " + s.clock(t.Value)
}

func countOf(n client.Opt[int64]) string {
	return command.OrDash(n, func(n int64) string { return fmt.Sprint(n) })
}
