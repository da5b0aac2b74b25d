package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Limits are what an organization or a workspace may use of one model group in a
// minute ("Rate limits", platform.claude.com). Zero is no limit.
type Limits struct {
	RequestsPerMinute     int
	InputTokensPerMinute  int // input and cache creation, not cache reads
	OutputTokensPerMinute int
	TokensPerMinute       int // input and output together, a further limit
}

// maxPerMinute is the highest limit that can be set.
const maxPerMinute = 100_000_000

// Validate returns an error for each limit out of its range, with the range; nil if
// there is none.
func (l Limits) Validate() error {
	return errors.Join(
		inRange("requestsPerMinute", l.RequestsPerMinute, 0, maxPerMinute),
		inRange("inputTokensPerMinute", l.InputTokensPerMinute, 0, maxPerMinute),
		inRange("outputTokensPerMinute", l.OutputTokensPerMinute, 0, maxPerMinute),
		inRange("tokensPerMinute", l.TokensPerMinute, 0, maxPerMinute),
	)
}

// GroupLimits are limits by model group. A key is a group of [ModelGroups]
// ("opus-4.x"), a family ("opus"), or empty for all others; the most specific key
// wins. A group without a key has no limit. Groups never share buckets, even if one
// key sets the limits of both.
type GroupLimits map[string]Limits

// Of returns the limits of a group.
func (g GroupLimits) Of(group string) Limits { return ofGroup(g, group) }

// Validate returns the errors of all its limits; nil if there is none.
func (g GroupLimits) Validate() error {
	var all []error
	for _, group := range slices.Sorted(maps.Keys(g)) {
		if err := g[group].Validate(); err != nil {
			all = append(all, fmt.Errorf("group %q: %w", group, err))
		}
	}
	return errors.Join(all...)
}

// ofGroup returns the value of a group, of its family, or of the empty key.
func ofGroup[T any](table map[string]T, group string) T {
	if v, ok := table[group]; ok {
		return v
	}
	family, _, _ := strings.Cut(group, "-")
	if v, ok := table[family]; ok {
		return v
	}
	return table[""]
}

// PublishedTier is a usage tier with its published limits.
type PublishedTier struct {
	Name    string
	InForce string // "since June 2026"
	Current bool   // it is in force now
	Limits  GroupLimits
}

// tiers are those whose figures are public ("Rate limits", platform.claude.com, as
// of November 2026). A limit that was not published is no limit. Of Scale only the
// figures of Fable 5.x are published, and stand for all families: the others have
// as much or more.
var tiers = []PublishedTier{
	{"start", "since June 2026", true, GroupLimits{
		"":      {1000, 2_000_000, 400_000, 0},
		"fable": {1000, 500_000, 100_000, 0},
	}},
	{"scale", "since June 2026", true, GroupLimits{"": {4000, 4_000_000, 800_000, 0}}},
	// As they were for Sonnet 4.x.
	{"tier1", "until June 2026", false, GroupLimits{"": {50, 30_000, 8_000, 0}}},
	{"tier2", "until June 2026", false, GroupLimits{"": {RequestsPerMinute: 1000}}},
	{"tier3", "until June 2026", false, GroupLimits{"": {RequestsPerMinute: 2000}}},
	{"tier4", "until June 2026", false, GroupLimits{"": {4000, 2_000_000, 400_000, 0}}},
}

// Tiers returns the tiers whose limits are known, the current ones first.
func Tiers() []PublishedTier {
	all := slices.Clone(tiers)
	for i := range all {
		all[i].Limits = maps.Clone(all[i].Limits)
	}
	return all
}

// TierNames returns the names of the tiers, in the order of [Tiers].
func TierNames() []string {
	var names []string
	for _, t := range tiers {
		names = append(names, t.Name)
	}
	return names
}

// Tier returns the tier of a name, such as "start" or "tier1". Its limits are the
// caller's to change.
func Tier(name string) (PublishedTier, error) {
	for _, t := range Tiers() {
		if t.Name == name {
			return t, nil
		}
	}
	return PublishedTier{}, fmt.Errorf("sim: no published limits of a tier %q: it may be %s", name, strings.Join(TierNames(), ", "))
}
