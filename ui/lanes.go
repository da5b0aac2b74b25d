package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// lanesByWaiting returns the lanes, those with the most waiting first.
func lanesByWaiting(s *state) []client.Lane {
	lanes := slices.Clone(s.detail().Lanes)
	slices.SortStableFunc(lanes, func(a, b client.Lane) int {
		return cmp.Or(b.Waiting.Value-a.Waiting.Value, strings.Compare(a.Name, b.Name))
	})
	return lanes
}

// laneOf is the name of a lane with its organization. Where that is an ID, the model stands
// first, and what tells the ID from others after it.
func laneOf(name string) string {
	const told, long = 8, 20 // of an ID; nobody calls an organization so by hand
	if name = clean(name); name == "" {
		return "default"
	}
	organization, model, ok := strings.Cut(name, "/")
	if id := []rune(organization); ok && len(id) > long && model != "" {
		return model + " (" + string(id[:told]) + ")"
	}
	return name
}

// laneName is the name of a lane on the screen: its model alone where all lanes are of one
// organization.
func (s *state) laneName(name string) string {
	if organization, model, ok := strings.Cut(name, "/"); ok && organization == s.organization {
		return clean(model)
	}
	return laneOf(name)
}

// organizationOf is that of all lanes of a sample; empty where there are several, or one
// without a name.
func organizationOf(s client.Sample) string {
	if s.Detail == nil || len(s.Detail.Lanes) == 0 {
		return ""
	}
	lanes := s.Detail.Lanes
	organization, _, _ := strings.Cut(lanes[0].Name, "/")
	for _, l := range lanes {
		if own, _, ok := strings.Cut(l.Name, "/"); !ok || own != organization {
			return ""
		}
	}
	return organization
}

// laneStatus says what the next request in a lane waits for, and how that is shown.
func (s *state) laneStatus(l client.Lane) (words string, sev severity) {
	words, sev = s.laneState(l)
	return words + retryWords(l), sev
}

// laneState is laneStatus without those that wait to be tried again.
func (s *state) laneState(l client.Lane) (words string, sev severity) {
	t := s.theme
	sev = severity{style: t.text}
	switch {
	case l.Pause.Value == queue.PauseBackOff:
		return "held back after 429s", t.level(client.Warning)
	case l.PausedUntil.Known:
		return "paused by the API until " + s.clock(l.PausedUntil.Value), t.level(client.Warning)
	case l.Breaker != nil:
		return breakerWords(l.Breaker), t.level(client.Warning)
	case !l.Waiting.Known:
		words, sev.style = t.dash, t.muted
	case l.Waiting.Value == 0:
		words, sev.style = "nobody waits", t.muted
	case s.past: // what for was not kept
		words = human.Count(l.Waiting.Value) + " waited"
	case l.InBackoff.Value >= l.Waiting.Value:
		words = "all that wait are tried again later"
	case !l.NextStart.Known:
		words = "waits for a free slot"
	case l.NextStart.Value == 0:
		words = "starts now"
	case l.WaitsFor.Value == queue.BlockedByCaution:
		words = "held back after a 429, " + human.Duration(l.NextStart.Value)
	case l.WaitsFor.Known:
		words = "waits for " + clean(l.WaitsFor.Value) + ", " + human.Duration(l.NextStart.Value)
		if l.Rate.Known {
			words += fmt.Sprintf(" (%.0f a minute)", l.Rate.Value)
		}
	case l.Pace.Value == queue.PaceSpaced:
		words = "waits for the spacing, " + human.Duration(l.NextStart.Value)
	default:
		words = "the next starts in " + human.Duration(l.NextStart.Value)
	}
	return words, sev
}

// retryWords say how many of those that wait have failed and are tried again, where that is not
// all there is to say.
func retryWords(l client.Lane) string {
	all := l.InBackoff.Value >= l.Waiting.Value && !l.PausedUntil.Known && l.Breaker == nil
	if l.InBackoff.Value <= 0 || all {
		return ""
	}
	return ", " + human.Count(l.InBackoff.Value) + " wait to retry"
}

// laneStatusIn is laneStatus in w cells, with the countdown of what holds back the lane: where
// there is little room, that says the most.
func (s *state) laneStatusIn(l client.Lane, w int) (words string, sev severity) {
	words, sev = s.laneState(l)
	held, retry := s.heldWords(l), retryWords(l)
	short := strings.Replace(strings.TrimPrefix(words, "waits for "), "paused by the API", "paused", 1)
	if l.Breaker != nil {
		short = strings.Replace(short, failureWords(l.Breaker), "", 1)
	}
	forms := []string{words + held + retry, short + held + retry, short + held}
	switch {
	case l.Pause.Value == queue.PauseBackOff:
		forms = append(forms, "held back"+held)
	case l.PausedUntil.Known:
		forms = append(forms, "paused"+held)
	case held != "":
		forms = append(forms, "stopped"+held)
	}
	for _, form := range forms {
		if width(form) <= w {
			return form, sev
		}
	}
	return s.theme.cut(forms[len(forms)-1], w), sev
}

// freeShare is how much of a limit is free, 0 to 1.
func freeShare(l client.Limit) client.Opt[float64] {
	if !l.Free.Known || !l.PerMinute.Known {
		return client.Opt[float64]{}
	}
	return client.Some(min(max(float64(l.Free.Value)/float64(l.PerMinute.Value), 0), 1))
}

// freeWords says how much of a limit is free.
func (t *theme) freeWords(l client.Limit) string {
	free := orDash(t, l.Free, func(n client.Balance) string { return t.signed(int64(n)) })
	switch {
	case !l.Free.Known && !l.PerMinute.Known:
		return t.dash
	case l.Free.Value < 0: // calls that run take more than was left
		return "overdrawn by " + human.Count(int64(-l.Free.Value))
	case !l.PerMinute.Known:
		return free + " free"
	default:
		return free + " of " + human.Count(l.PerMinute.Value) + " free"
	}
}

// freeShort is freeWords for few cells.
func (t *theme) freeShort(l client.Limit) string {
	free := orDash(t, l.Free, func(n client.Balance) string { return t.short(int64(n)) })
	if !l.PerMinute.Known {
		return free
	}
	return free + "/" + t.short(l.PerMinute.Value)
}

// fullWords says when a limit is all free again.
func (t *theme) fullWords(l client.Limit) string {
	switch {
	case !l.FullIn.Known:
		return t.dash
	case l.FullIn.Value > 0:
		return "full in " + human.Short((l.FullIn.Value + time.Second - 1).Truncate(time.Second))
	case freeShare(l).Or(1) < 0.95: // what starts at once is kept lower
		return "held low"
	default:
		return "full"
	}
}

// signed writes a whole number that can be below zero.
func (t *theme) signed(n int64) string {
	if n < 0 {
		return t.minus + human.Count(-n)
	}
	return human.Count(n)
}

// short writes a whole number in few cells.
func (t *theme) short(n int64) string {
	if n < 0 {
		return t.minus + human.ShortCount(-n)
	}
	return human.ShortCount(n)
}
