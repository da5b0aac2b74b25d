package queue

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

// Usage is what calls used, in tokens, and what they cost, as their answers reported it. Calls
// of which no answer reported anything are not in it: those that were refused, and those that
// broke before an answer, though they may have been billed.
type Usage struct {
	Calls        int64 `json:"calls"`
	Input        int64 `json:"inputTokens"`        // neither written to a cache nor read from one
	CacheRead    int64 `json:"cacheReadTokens"`    //
	CacheWrite5m int64 `json:"cacheWrite5mTokens"` // for five minutes
	CacheWrite1h int64 `json:"cacheWrite1hTokens"` // and for an hour
	Output       int64 `json:"outputTokens"`

	// Nanodollars is what the calls with a known price cost, in thousand millionths of a
	// dollar: sums of it are exact.
	Nanodollars int64 `json:"costNanodollars"`
	Unpriced    int64 `json:"unpricedCalls"` // those whose price is not known; their cost is not in it
}

// CallUsage is the [Usage] of one call so far: Calls is not read, and Unpriced is 1 or 0. The
// zero CallUsage is nothing that counts.
type CallUsage struct {
	Model string // that has answered; empty: nothing counts
	Usage
}

// ModelUsage is the [Usage] of a model.
type ModelUsage struct {
	Model string `json:"model"` // [OtherName]: of all models without a place of their own
	Usage `json:"usage"`
}

// GroupUsage is the [Usage] of a model for a group, see [Request].
type GroupUsage struct {
	Group string `json:"group,omitempty"` // [OtherName]: of all groups without a place of their own
	ModelUsage
}

// OtherName is what stands for models and groups that are not counted by name.
const OtherName = "other"

// How many models and groups are counted by name. An upstream that answers to any name must
// not open series without end: models without a price have half of the places.
const (
	maxUsageModels = 100
	maxUsageGroups = 100
)

// add adds what others used.
func (u *Usage) add(other *Usage) {
	u.Calls += other.Calls
	u.Input += other.Input
	u.CacheRead += other.CacheRead
	u.CacheWrite5m += other.CacheWrite5m
	u.CacheWrite1h += other.CacheWrite1h
	u.Output += other.Output
	u.Nanodollars += other.Nanodollars
	u.Unpriced += other.Unpriced
}

// orNil is a copy; nil if there is nothing in it.
func (u *Usage) orNil() *Usage {
	if *u == (Usage{}) {
		return nil
	}
	return ptr(*u)
}

// ReportUsage hands the queue the real cost of a call, as soon as it is known, and what the
// call has used so far. It may be called more than once; the last time counts. What was used
// counts when the call has ended, however it ends. ctx is as with [ReportLimits].
func ReportUsage(ctx context.Context, cost Cost, used CallUsage) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.queue.update(func(now time.Time) {
			c.queue.machine.ReportUsage(now, &c.ticket, cost)
			c.queue.machine.ReportSpending(now, &c.ticket, used)
		})
	}
}

// ReportSpending takes in what t, which runs, has used so far.
func (m *Machine) ReportSpending(now time.Time, t *Ticket, used CallUsage) {
	m.advance(now)
	if t.state == running {
		t.used = used
	}
}

// spending is what calls used, by group and model. The zero spending is ready to use.
type spending struct {
	of     map[spendingKey]*Usage
	models map[string]bool
	groups map[string]bool
}

type spendingKey struct{ group, model string }

// countUsage counts what the latest call of t used, which has ended.
func (m *Machine) countUsage(t *Ticket) {
	if t.used.Model == "" {
		return
	}
	t.used.Calls = 1
	t.user.used.add(&t.used.Usage)
	m.spending.add(t.user.group, t.used.Model, &t.used.Usage)
	t.used = CallUsage{}
}

// add adds what calls of a group to a model used.
func (s *spending) add(group, model string, used *Usage) {
	if s.of == nil {
		*s = spending{of: map[spendingKey]*Usage{}, models: map[string]bool{}, groups: map[string]bool{}}
	}
	most := maxUsageModels
	if used.Unpriced > 0 {
		most /= 2
	}
	key := spendingKey{named(group, s.groups, maxUsageGroups), named(clip(model, maxModelName), s.models, most)}
	u := s.of[key]
	if u == nil {
		u = &Usage{}
		s.of[key] = u
	}
	u.add(used)
}

// named returns a name that has a place, or is given one of so many; else [OtherName].
func named(name string, places map[string]bool, most int) string {
	switch {
	case places[name]:
	case len(places) < most:
		places[name] = true
	default:
		return OtherName
	}
	return name
}

// list returns all of it, by group and model.
func (s *spending) list() []GroupUsage {
	var list []GroupUsage
	for key, u := range s.of {
		list = append(list, GroupUsage{key.group, ModelUsage{key.model, *u}})
	}
	slices.SortFunc(list, func(a, b GroupUsage) int { return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Model, b.Model)) })
	return list
}

// ofGroups returns what a viewer may see of what groups used.
func (v Viewer) ofGroups(list []GroupUsage) []GroupUsage {
	return slices.DeleteFunc(slices.Clone(list), func(u GroupUsage) bool { return !v.sees(u.Group) })
}

// byModel adds up what all groups used of each model; the one that cost most is first.
func byModel(list []GroupUsage) []ModelUsage {
	sums := map[string]*ModelUsage{}
	for i := range list {
		u := &list[i].ModelUsage
		if sums[u.Model] == nil {
			sums[u.Model] = &ModelUsage{Model: u.Model}
		}
		sums[u.Model].add(&u.Usage)
	}
	models := make([]ModelUsage, 0, len(sums))
	for _, u := range slices.Sorted(maps.Keys(sums)) {
		models = append(models, *sums[u])
	}
	slices.SortStableFunc(models, func(a, b ModelUsage) int { return cmp.Compare(b.Nanodollars, a.Nanodollars) })
	return models
}

// validate returns an [ErrState] if a number cannot be.
func (u *Usage) validate() error {
	if u == nil {
		return nil
	}
	for _, c := range []struct {
		name  string
		count int64
	}{
		{"calls", u.Calls}, {"inputTokens", u.Input}, {"cacheReadTokens", u.CacheRead}, {"cacheWrite5mTokens", u.CacheWrite5m},
		{"cacheWrite1hTokens", u.CacheWrite1h}, {"outputTokens", u.Output}, {"costNanodollars", u.Nanodollars}, {"unpricedCalls", u.Unpriced},
	} {
		if err := checkCounter(c.name, c.count, maxCounter); err != nil {
			return err
		}
	}
	return nil
}
