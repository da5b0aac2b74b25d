package cli

import (
	"maps"
	"slices"

	"paceline/queue/sim"

	"github.com/spf13/pflag"
)

// limitFlags say which limits an account has: a tier's, or some of one's own.
type limitFlags struct {
	tier            string
	rpm, itpm, otpm int
	own             *pflag.FlagSet // that they are in
}

// define puts the flags into a set.
func (f *limitFlags) define(set *pflag.FlagSet) {
	f.own = set
	set.StringVar(&f.tier, "tier", "start", "`name` of the usage tier whose limits hold: "+list(tierNames()))
	set.IntVar(&f.rpm, "rpm", 0, "`number` of requests a minute, 0 for no limit (default: the tier's)")
	set.IntVar(&f.itpm, "itpm", 0, "`number` of input tokens a minute, 0 for no limit (default: the tier's)")
	set.IntVar(&f.otpm, "otpm", 0, "`number` of output tokens a minute, 0 for no limit (default: the tier's)")
}

// given reports whether a flag was typed, or came from the environment.
func (f *limitFlags) given(flag string) bool { return f.own.Lookup(flag).Changed }

// readLimits puts the limits that were given in the place of the tier's.
func (f *limitFlags) readLimits(s *sim.AccountSettings) error {
	for _, own := range []struct {
		flag  string
		value int
		set   func(*sim.Limits)
	}{
		{"rpm", f.rpm, func(l *sim.Limits) { l.RequestsPerMinute = f.rpm }},
		{"itpm", f.itpm, func(l *sim.Limits) { l.InputTokensPerMinute = f.itpm }},
		{"otpm", f.otpm, func(l *sim.Limits) { l.OutputTokensPerMinute = f.otpm }},
	} {
		if !f.given(own.flag) {
			continue
		}
		if own.value < 0 || own.value > maxLimit {
			return usagef("--%s is %d: must be from 0, for no limit, to %d", own.flag, own.value, maxLimit)
		}
		for group, l := range maps.Clone(s.Limits) {
			own.set(&l)
			s.Limits[group] = l
		}
	}
	return nil
}

// tierWords says whose limits hold.
func (f *limitFlags) tierWords() string {
	if slices.ContainsFunc([]string{"rpm", "itpm", "otpm"}, f.given) {
		return f.tier + ", with your own"
	}
	return f.tier
}
