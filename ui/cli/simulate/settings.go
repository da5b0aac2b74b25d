package simulate

import (
	"math/rand/v2"
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
	"paceline/ui/cli/command"
	"paceline/ui/cli/logging"
)

// The bounds of the flags.
const (
	maxOthers      = 1_000_000 // requests a minute
	maxOthersSize  = 5_000_000 // tokens of a request
	maxBurstWindow = time.Minute
	maxSpeed       = 1000
	minSpeed       = 0.01
)

// rampWindow is the window of --acceleration where none is given.
const rampWindow = 5 * time.Minute

// account returns the settings of every account. It draws a seed if none was given.
func (f *flags) account() (sim.AccountSettings, error) {
	if !f.process.Lookup("seed").Changed {
		f.seed = rand.Uint64N(command.MaxDrawnSeed)
	}
	s, err := f.TierAccount(f.seed)
	if err != nil {
		return s, err
	}
	if err := f.checkNumbers(); err != nil {
		return s, err
	}
	s.ReserveOutput, s.BurstWindow, s.SpentAt = f.reserveOutput, f.burstWindow, f.spentAt
	quarter := f.failures / 4
	s.Hang = f.hang
	s.Faults = sim.Faults{Overloaded: f.overloaded, Server: quarter, Timeout: quarter, Connection: quarter, MidStream: quarter}
	for name, speed := range s.Speeds {
		s.Speeds[name] = speed.Scaled(f.speed)
	}
	for _, read := range []func(*sim.AccountSettings) error{f.ReadLimits, f.readModels, f.answerFlags.apply, f.readFast, f.readWorkspaces, f.readChanges, f.readAcceleration, f.readStorms, f.readOthers} {
		if err := read(&s); err != nil {
			return s, err
		}
	}
	if err := s.Validate(); err != nil {
		return s, command.Usagef("%v", err) // nothing that is known
	}
	return s, nil
}

// http returns the settings of the server.
func (f *flags) http() (sim.HTTPSettings, error) {
	s := sim.HTTPSettings{DateSkew: f.dateSkew, RetryAfterDate: f.retryAfterDate, LongAnswers: f.longAnswers, LackingModels: f.lackingModels, Compress: f.compress}
	for _, model := range f.lackingModels {
		if queue.ModelGroup(model) == "other" {
			return s, command.Usagef("--lacking-model is %q: must be a model, such as %s", model, sim.CurrentModels()[2])
		}
	}
	return s, nil
}

// checkNumbers returns an error for a number or a duration that is out of range.
func (f *flags) checkNumbers() error {
	switch {
	case f.burstWindow < 0 || f.burstWindow > maxBurstWindow:
		return command.Usagef("--burst-window is %v: must be from 0s, for none, to %v", f.burstWindow, maxBurstWindow)
	case f.spentAt < 0:
		return command.Usagef("--spent-at is %v: must be a time from now on, such as 10m, or 0s for never", f.spentAt)
	case !within(f.overloaded, 0, 1):
		return command.Usagef("--overloaded is %v: must be a share from 0 to 1, such as 0.05", f.overloaded)
	case !within(f.failures, 0, 1):
		return command.Usagef("--failures is %v: must be a share from 0 to 1, such as 0.05", f.failures)
	case !within(f.hang, 0, 1):
		return command.Usagef("--hang is %v: must be a share from 0 to 1, such as 0.01", f.hang)
	case !within(f.longAnswers, 0, 1):
		return command.Usagef("--long-answers is %v: must be a share from 0 to 1, such as 0.1", f.longAnswers)
	case f.overloaded+f.failures+f.hang > 1:
		return command.Usagef("--overloaded, --failures and --hang are %v, %v and %v: must be 1 together, or less", f.overloaded, f.failures, f.hang)
	case !within(f.speed, minSpeed, maxSpeed):
		return command.Usagef("--speed is %v: must be from %v to %v, such as 10 for ten times as fast as usual", f.speed, minSpeed, maxSpeed)
	default:
		return command.OneOf("log", f.log, logging.Formats()...)
	}
}

// modelLetters are the characters of a model's name.
const modelLetters = workspaceLetters + "-"

func (f *flags) readModels(s *sim.AccountSettings) error {
	seen := map[string]string{} // by group, the model that was named
	for _, value := range f.models {
		model, rest, _ := strings.Cut(value, "=")
		group := s.Groups.Of(model)
		l := s.Limits.Of(group)
		p := newValueParser(rest)
		l.RequestsPerMinute = p.whole(0, command.MaxLimit)
		if p.more() {
			l.InputTokensPerMinute = p.whole(0, command.MaxLimit)
			l.OutputTokensPerMinute = p.whole(0, command.MaxLimit)
		}
		if !p.ok() || model == "" || strings.Trim(model, modelLetters) != "" {
			return command.Usagef("--limit is %q: must be MODEL=RPM or MODEL=RPM,ITPM,OTPM, such as claude-opus-5=10 or claude-opus-5=10,50000,8000; 0 is no limit", value)
		}
		if first, twice := seen[group]; twice {
			return command.Usagef("--limit %s and %s share their limits: leave one of them out", first, model)
		}
		seen[group] = model
		if !s.Groups.Has(model) {
			s.Groups[group] = group
		}
		s.Limits[group] = l
	}
	return nil
}

func (f *flags) readFast(s *sim.AccountSettings) error {
	p := newValueParser(f.fast)
	l := sim.Limits{InputTokensPerMinute: p.whole(0, command.MaxLimit), OutputTokensPerMinute: p.whole(0, command.MaxLimit)}
	if !p.ok() || (l.InputTokensPerMinute == 0) != (l.OutputTokensPerMinute == 0) {
		return command.Usagef("--fast is %q: must be ITPM,OTPM, such as 200000,40000, or 0,0 for never", f.fast)
	}
	s.Fast = sim.GroupLimits{"": l}
	return nil
}

// workspaceLetters are the characters of a workspace's name. A dash is not among
// them: in a key it separates the name from the rest.
const workspaceLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."

func (f *flags) readWorkspaces(s *sim.AccountSettings) error {
	s.Workspaces = map[string]sim.GroupLimits{}
	for _, value := range f.workspaces {
		name, rest, _ := strings.Cut(value, "=")
		p := newValueParser(rest)
		l := sim.Limits{RequestsPerMinute: p.whole(0, command.MaxLimit)}
		if p.more() {
			l.InputTokensPerMinute = p.whole(0, command.MaxLimit)
			l.OutputTokensPerMinute = p.whole(0, command.MaxLimit)
		}
		if p.more() {
			l.TokensPerMinute = p.whole(0, command.MaxLimit)
		}
		_, twice := s.Workspaces[name]
		if !p.ok() || name == "" || strings.Trim(name, workspaceLetters) != "" {
			return command.Usagef("--workspace is %q: must be NAME=RPM, NAME=RPM,ITPM,OTPM or NAME=RPM,ITPM,OTPM,TPM, such as lab=10 or lab=10,5000,2000; a name has letters and digits, and 0 is no limit", value)
		}
		if twice {
			return command.Usagef("--workspace %s is there twice: leave one of them out", name)
		}
		s.Workspaces[name] = sim.GroupLimits{"": l}
	}
	return nil
}

func (f *flags) readChanges(s *sim.AccountSettings) error {
	for _, value := range f.tierChanges {
		at, name, _ := strings.Cut(value, "=")
		p := newValueParser(at)
		after := p.time(0)
		tier, err := sim.Tier(name)
		if !p.ok() || err != nil {
			return command.Usagef("--tier-change is %q: must be AT=TIER, such as 10m=start; a tier is %s", value, command.List(sim.TierNames()))
		}
		s.Changes = append(s.Changes, sim.LimitChange{At: after, Limits: tier.Limits})
	}
	return nil
}

func (f *flags) readAcceleration(s *sim.AccountSettings) error {
	if f.acceleration == "" {
		return nil
	}
	p := newValueParser(f.acceleration)
	s.Acceleration = sim.Acceleration{Factor: p.number(1000), Floor: p.whole(1, command.MaxLimit), Window: rampWindow}
	if p.more() {
		for _, part := range []*time.Duration{&s.Acceleration.Window, &s.Acceleration.Period} {
			*part = p.time(time.Second)
			p.bad = p.bad || *part > time.Hour || *part%time.Second != 0
		}
	}
	if !p.ok() {
		return command.Usagef("--acceleration is %q: must be FACTOR,FLOOR or FACTOR,FLOOR,WINDOW,PERIOD, such as 2,50 for 50 requests a minute and twice what came before, or 2,20,10s,10s; a window and a period are from 1s to 1h, in whole seconds, the factor is above 0 and at most 1000, the floor a whole number", f.acceleration)
	}
	return nil
}

func (f *flags) readStorms(s *sim.AccountSettings) error {
	for _, value := range f.storms {
		p := newValueParser(value)
		storm := sim.Storm{At: p.time(0), Length: p.time(1), Share: p.number(1)}
		if p.more() {
			storm.Connection = p.word() == "connection"
			p.bad = p.bad || !storm.Connection
		}
		if !p.ok() {
			return command.Usagef("--storm is %q: must be AT,LENGTH,SHARE or AT,LENGTH,SHARE,connection, such as 5m,1m,0.5; a share is above 0 and at most 1", value)
		}
		s.Storms = append(s.Storms, storm)
	}
	return nil
}

func (f *flags) readOthers(s *sim.AccountSettings) error {
	for _, value := range f.others {
		p := newValueParser(value)
		o := sim.OtherTraffic{PerMinute: p.number(maxOthers), InputTokens: 1000, OutputTokens: 300}
		if p.more() {
			o.InputTokens, o.OutputTokens = p.whole(0, maxOthersSize), p.whole(0, maxOthersSize)
		}
		models := sim.CurrentModels()
		if p.more() {
			models = []string{p.word()}
		}
		if !p.ok() || !s.Groups.Has(models[0]) {
			return command.Usagef("--others is %q: must be RATE, RATE,INPUT,OUTPUT or RATE,INPUT,OUTPUT,MODEL, such as 20 or 20,1000,300,%s; a rate is requests a minute, above 0 and at most %d", value, sim.CurrentModels()[2], maxOthers)
		}
		for _, model := range models {
			o.Model = model
			s.Others = append(s.Others, o)
		}
	}
	return nil
}
