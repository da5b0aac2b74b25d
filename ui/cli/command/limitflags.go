package command

import (
	"maps"
	"slices"

	"paceline/queue/sim"

	"github.com/spf13/pflag"
)

// LimitFlags say which limits an account has: a tier's, or some of one's own.
type LimitFlags struct {
	Tier            string
	rpm, itpm, otpm int
	own             *pflag.FlagSet // that they are in
}

// Define puts the flags into a set.
func (f *LimitFlags) Define(set *pflag.FlagSet) {
	f.own = set
	set.StringVar(&f.Tier, "tier", "start", "`name` of the usage tier whose limits hold: "+List(TierNames()))
	set.IntVar(&f.rpm, "rpm", 0, "`number` of requests a minute, 0 for no limit (default: the tier's)")
	set.IntVar(&f.itpm, "itpm", 0, "`number` of input tokens a minute, 0 for no limit (default: the tier's)")
	set.IntVar(&f.otpm, "otpm", 0, "`number` of output tokens a minute, 0 for no limit (default: the tier's)")
}

// Given reports whether a flag was typed, or came from the environment.
func (f *LimitFlags) Given(flag string) bool { return f.own.Lookup(flag).Changed }

// ReadLimits puts the limits that were given in the place of the tier's.
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

// TierWords says whose limits hold.
func (f *LimitFlags) TierWords() string {
	if slices.ContainsFunc([]string{"rpm", "itpm", "otpm"}, f.Given) {
		return f.Tier + ", with your own"
	}
	return f.Tier
}
