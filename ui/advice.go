package ui

import (
	"time"

	"charm.land/lipgloss/v2"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// shortWait is the p95 wait below which nothing needs to be done.
const shortWait = time.Second

// adviceWords is the advice in one sentence, and how it is shown.
func (s *state) adviceWords(a *client.Advice) (string, severity) {
	t, good, warning := s.theme, s.theme.level(client.Healthy), s.theme.level(client.Warning)
	best, helps := a.Best()
	switch {
	case isWithoutTraffic(a):
		return "There was no traffic to compute from", t.connecting()
	case a.Doubt() != "":
		return "Cannot tell what would help, because " + clean(a.Doubt()), t.connecting()
	case helps:
		name, _ := t.remedyName(best)
		words := name + " helps most: p95 wait " + s.remedyWords(a, best)
		if refused, more := s.remedyRefused(a, best); more {
			words += ", but refuses " + refused
		}
		if c := s.detail().Crowd; c != nil && s.sample.Waiting.Value > 0 {
			return "Now the requests of " + crowdNames(c) + " are the cause: cancel or lower those. For the hour's traffic: " + words, warning
		}
		return words, severity{style: t.accent, icon: t.dot}
	case !a.P95.Known:
		return "The endpoint does not say how long people wait", t.connecting()
	case len(a.Remedies) > 0:
		return "None of the remedies would help", warning
	case max(a.P95.Value, a.MeasuredP95.Value) >= shortWait, a.Refused.Value > 0:
		return "No remedy is known for this", warning
	default:
		return "Nobody waits long: nothing to do", good
	}
}

// crowdNames are the users of a crowd.
func crowdNames(c *client.Crowd) string {
	names := clean(c.User.String())
	for i, u := range c.With {
		between := ", "
		if i == len(c.With)-1 {
			between = " and "
		}
		names += between + clean(u.User.String())
	}
	return names
}

// isWithoutTraffic reports whether there were no requests to compute the advice from.
func isWithoutTraffic(a *client.Advice) bool { return a.Requests.Known && a.Requests.Value == 0 }

// bindsNow says which limit the requests in the queue wait for now.
func (s *state) bindsNow(a *client.Advice) string {
	switch {
	case s.sample.Waiting.Known && s.sample.Waiting.Value == 0:
		return "nobody waits"
	case !a.BindsNow.Known:
		return s.theme.dash
	default:
		return bindWords(a.BindsNow.Value)
	}
}

// bindsMostly says which limit caused most of the waiting.
func (s *state) bindsMostly(a *client.Advice) string {
	switch {
	case !a.Binds.Known && a.P95.Known && max(a.P95.Value, a.MeasuredP95.Value) < shortWait:
		return "hardly anybody waited"
	case !a.Binds.Known:
		return s.theme.dash
	default:
		return bindWords(a.Binds.Value)
	}
}

// bindWords says what a request waits for.
func bindWords(kind string) string {
	switch kind {
	case queue.LimitRequests, queue.LimitInput, queue.LimitOutput, queue.LimitTokens:
		return "for " + kind + " a minute, a limit of the API"
	case queue.BlockedBySpacing:
		return "for the spacing, a setting"
	case queue.BlockedByPause:
		return "for the end of a pause by the API"
	case queue.BlockedBySlots:
		return "for a free slot: maxInFlight calls run, a setting"
	case queue.BlockedByOverload:
		return "for the API, which is overloaded"
	case queue.BlockedByNetwork:
		return "for a connection to the API"
	case queue.BlockedByExploring:
		return "for a first answer: nothing is known of the limits yet"
	case queue.BlockedByRate:
		return "for a limit that no answer tells"
	case queue.BlockedByCaution:
		return "for the pace to rise again: it is held back after a 429"
	default:
		return "for " + clean(kind)
	}
}

// trustWords shows the measured p95 wait beside the computed one, so that the reader
// can judge how far to trust the computed figures.
func (s *state) trustWords(a *client.Advice) (string, lipgloss.Style) {
	t := s.theme
	computed := s.computed(a.Compared(), human.Duration) + " computed"
	if a.Refused.Value > 0 {
		computed += " with " + t.approx + human.Count(a.Refused.Value) + " refused"
	}
	if !a.MeasuredP95.Known {
		return computed + ", none measured", t.text
	}
	words := human.Duration(a.MeasuredP95.Value) + " measured"
	if a.Over.Known { // other figures that were measured are of the last minute, or of five
		words += " in " + human.Rough(a.Over.Value)
	}
	words += ", " + computed
	switch {
	case !a.Compared().Known:
		return words, t.text
	case queue.FarApart(a.MeasuredP95.Value, a.Compared().Value):
		return words + ": far apart", t.warn
	case a.P95.Known && queue.FarApart(a.P95.Value, a.Compared().Value):
		return words + ": close; " + s.computed(a.P95, human.Duration) + " when all have started or left", t.text
	default:
		return words + ": close", t.text
	}
}

// accountWords says which limits the advice is computed with, and where they come from.
func (s *state) accountWords(a *client.Advice) (string, lipgloss.Style) {
	t, account := s.theme, clean(a.Account.Value)
	switch {
	case account == "":
		return t.dash, t.muted
	case !a.Assumed.Known:
		return account, t.text
	case a.Assumed.Value:
		return t.warning + " only assumed: " + account, t.warn
	default:
		return "told by the API: " + account, t.text
	}
}

// trafficWords says how much traffic the advice is computed from.
func (s *state) trafficWords(a *client.Advice) string {
	t := s.theme
	plural := func(o client.Opt[int64], one string) string {
		if o.Known && o.Value == 1 {
			return "1 " + one
		}
		return orDash(t, o, human.Count[int64]) + " " + one + "s"
	}
	users := client.Opt[int64]{Value: int64(a.Users.Value), Known: a.Users.Known}
	words := plural(a.Requests, "request") + " of " + plural(users, "user") + " in the last " + orDash(t, a.Over, human.Rough)
	if a.OutOf.Known && a.Requests.Known && a.OutOf.Value > a.Requests.Value {
		words += ", the latest of " + human.Count(a.OutOf.Value)
	}
	return words
}

// adviceTrouble says why there is no newer advice, though it should be computed;
// empty if nothing has failed since.
func (s *state) adviceTrouble() string {
	d := s.detail()
	for _, t := range d.Troubles {
		if t.Part != queue.PartAdvice || d.Advice != nil && d.Advice.At.Known && t.At.Known && !t.At.Value.After(d.Advice.At.Value) {
			continue
		}
		words := "it could not be computed"
		if reason := clean(t.Reason.Value); reason != "" {
			words += ": " + reason
		}
		return words + "; it is tried again later"
	}
	return ""
}

// adviceAge is how long ago the advice was computed: by the endpoint's own clock
// where it reports the time.
func (s *state) adviceAge(a *client.Advice) client.Opt[time.Duration] {
	if !a.At.Known {
		return client.Opt[time.Duration]{}
	}
	endpointNow := s.sample.Timestamp.Or(s.sample.At)
	return client.Some(max(endpointNow.Sub(a.At.Value)+max(s.at.Sub(s.sample.At), 0), 0))
}

// computedAgo says how old the advice is, so that it does not change each second.
func (s *state) computedAgo(a *client.Advice) string {
	old := s.adviceAge(a)
	switch d := old.Value; {
	case !old.Known:
		return ""
	case d < 10*time.Second:
		return "computed just now"
	case d < time.Minute:
		return "computed " + human.Age(d.Truncate(10*time.Second)) + " ago"
	default:
		return "computed " + human.Rough(d) + " ago"
	}
}
