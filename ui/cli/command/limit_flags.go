package command

import (
	"maps"
	"slices"

	"paceline/queue/sim"

	"github.com/spf13/pflag"
)

// LimitFlags are the flags of an account's limits: a tier, and limits that replace the
// tier's.
type LimitFlags struct {
	Tier            string
	rpm, itpm, otpm int
	set             *pflag.FlagSet // that they are in
}

// AddTo adds the flags to a set.
func (f *LimitFlags) AddTo(set *pflag.FlagSet) {
	f.set = set
	set.StringVar(&f.Tier, "tier", "start", "`name` of the usage tier whose limits hold: "+List(sim.TierNames()))
	set.IntVar(&f.rpm, "rpm", 0, "`number` of requests a minute, 0 for no limit (default: the tier's)")
	set.IntVar(&f.itpm, "itpm", 0, "`number` of input tokens a minute, 0 for no limit (default: the tier's)")
	set.IntVar(&f.otpm, "otpm", 0, "`number` of output tokens a minute, 0 for no limit (default: the tier's)")
}

// Given reports whether a flag was typed, or came from the environment.
func (f *LimitFlags) Given(flag string) bool { return f.set.Lookup(flag).Changed }

// TierAccount returns an account without faults, with the limits of the tier.
func (f *LimitFlags) TierAccount(seed uint64) (sim.AccountSettings, error) {
	if err := OneOf("tier", f.Tier, sim.TierNames()...); err != nil {
		return sim.AccountSettings{}, err
	}
	return sim.TierAccount(f.Tier, seed)
}

// ReadLimits replaces the limits of an account by those that were given.
func (f *LimitFlags) ReadLimits(s *sim.AccountSettings) error {
	for _, own := range []struct {
		flag  string
		value int
		set   func(*sim.Limits)
	}{
		{"rpm", f.rpm, func(l *sim.Limits) { l.RequestsPerMinute = f.rpm }},
		{"itpm", f.itpm, func(l *sim.Limits) { l.InputTokensPerMinute = f.itpm }},
		{"otpm", f.otpm, func(l *sim.Limits) { l.OutputTokensPerMinute = f.otpm }},
	} {
		if !f.Given(own.flag) {
			continue
		}
		if own.value < 0 || own.value > MaxLimit {
			return Usagef("--%s is %d: must be from 0, for no limit, to %d", own.flag, own.value, MaxLimit)
		}
		for group, l := range maps.Clone(s.Limits) {
			own.set(&l)
			s.Limits[group] = l
		}
	}
	return nil
}

// DescribeTier names the tier whose limits hold, and whether some were replaced.
func (f *LimitFlags) DescribeTier() string {
	if slices.ContainsFunc([]string{"rpm", "itpm", "otpm"}, f.Given) {
		return f.Tier + ", with your own"
	}
	return f.Tier
}
