package report

import (
	"fmt"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue/human"
	"paceline/ui/cli/command"
)

// adviceHeadline returns the advice in one sentence.
func (s *summary) adviceHeadline() string {
	a := s.advice
	best, helps := a.Best()
	switch {
	case a.Doubt() != "":
		return "it cannot be told, because " + escape(a.Doubt()) + "."
	case helps:
		return fmt.Sprintf("%s: p95 wait %s → %s (computed%s).", escape(best.What), durationOf(a.P95), durationOf(best.P95), a.assumptionHint())
	case len(a.Remedies) > 0:
		return "nothing that was tried would make the waits shorter (computed" + a.assumptionHint() + ")."
	case s.farFromMeasured(a.Advice) != "":
		return "it cannot be told, because " + s.farFromMeasured(a.Advice) + "."
	default:
		return "hardly anybody waits (computed" + a.assumptionHint() + "): nothing is needed."
	}
}

// spared says what the queue has spared its users; empty if that is not known.
func (a sourcedAdvice) spared() string {
	if a.Spared == nil || !a.Spared.Failed.Known || a.Doubt() != "" {
		return ""
	}
	words := fmt.Sprintf("without the queue about %d of %s requests would have failed", a.Spared.Failed.Value, countOrDash(a.Requests))
	if lost := a.Spared.Lost; lost.Known && lost.Value > 0 {
		words += fmt.Sprintf(", with it %d did", lost.Value)
	} else if lost.Known {
		words += ", with it none did"
	}
	if cost := a.Spared.CostP95; cost.Known {
		words += "; it cost " + human.Duration(cost.Value) + " at the p95"
	}
	return words + " (computed)."
}

func (a sourcedAdvice) assumptionHint() string {
	if a.fromServer {
		return ""
	}
	return ", assumptions below"
}

// writeAdvice writes the advice, or why there is none.
func (s *summary) writeAdvice(m *markdown) {
	m.heading("What would help")
	c := s.advice
	if c.Advice == nil {
		m.Line("%s", c.whyNone)
		return
	}
	if c.fromServer {
		m.Line("Computed by the server%s, from the traffic before.", atTime(c.At, s))
	} else {
		m.Line("The server tells no advice. This was computed here, from the %s requests that its counters tell of in the hour from %s. **Assumed**: %s.",
			countOrDash(c.Requests), s.clock(c.since), strings.Join(c.assumed, "; "))
	}
	m.Line("")
	m.advice(c.Advice, s.measured())
	if c.worst != nil {
		m.Line("\n### When waits were longest\n")
		m.Line("Computed by the server%s.\n", atTime(c.worst.At, s))
		m.remedies(c.worst, measuredP95(c.worst))
	}
}

// measured returns the p95 that was measured, to stand beside the computed ones.
func (s *summary) measured() string {
	if w := s.Waits.All; !s.advice.fromServer && w.P95.Known {
		how := "measured"
		if s.Waits.Derived {
			how = "derived"
		}
		return how + " p95 of the whole time: " + human.Duration(w.P95.Value)
	}
	return measuredP95(s.advice.Advice)
}

// advice writes the traffic, the limits and the remedies of an advice.
func (m *markdown) advice(a *client.Advice, measured string) {
	if a.Requests.Known {
		m.Line("- Traffic: %s by %s%s", human.Plural(int(a.Requests.Value), "request"), command.OrDash(a.Users, func(n int) string { return human.Plural(n, "user") }),
			command.OrDash(a.Over, func(d time.Duration) string { return " in " + human.Duration(d) }))
	}
	if a.Account.Known {
		assumed := ""
		if a.Assumed.Value {
			assumed = " (assumed)"
		}
		m.Line("- Limits%s: %s", assumed, escape(a.Account.Value))
	}
	if a.BindsNow.Known {
		m.Line("- Those who waited then waited for: **%s**", escape(a.BindsNow.Value))
	}
	m.Line("- What binds, computed: **%s**", command.OrDash(a.Binds, escape))
	if doubt := a.Doubt(); doubt != "" {
		m.Line("- It cannot be told what would help, because %s.", escape(doubt))
	}
	m.Line("")
	m.remedies(a, measured)
	if p := a.Published; p.Users.Known {
		m.Line("\nUsually advised for %s users: %s.%s", escape(p.Users.Value), escape(strings.Join(p.Advice, "; ")), command.OrDash(p.Verdict, func(v string) string { return " " + human.Capitalize(escape(v)) + "." }))
	}
}

// remedies writes a table of the waits as they are and with each remedy.
func (m *markdown) remedies(a *client.Advice, measured string) {
	rows := [][]string{{"as it is", durationOf(a.P50), durationOf(a.P95), countOrDash(a.Refused), measured}}
	remedies := a.Remedies
	if a.Doubt() != "" {
		remedies = nil
	}
	for _, r := range remedies {
		note := escape(r.Note.Value)
		if !a.Helps(r) {
			note = command.JoinNonEmpty("; ", "no help", note)
		}
		rows = append(rows, []string{escape(r.What), durationOf(r.P50), durationOf(r.P95), countOrDash(r.Refused), note})
	}
	m.table([]string{"computed", "p50 wait", "p95 wait", "refused or failed", ""}, rows)
}

func measuredP95(a *client.Advice) string {
	if !a.MeasuredP95.Known {
		return ""
	}
	return "measured p95: " + human.Duration(a.MeasuredP95.Value)
}

func atTime(t client.Opt[time.Time], s *summary) string {
	if !t.Known {
		return ""
	}
	return " at " + s.clock(t.Value)
}

func countOrDash(n client.Opt[int64]) string {
	return command.OrDash(n, func(n int64) string { return fmt.Sprint(n) })
}
