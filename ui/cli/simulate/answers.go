package simulate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"paceline/queue/sim"
	"paceline/ui/cli/command"

	"github.com/spf13/pflag"
	"paceline/queue/human"
)

// answerFlags are the flags of what the headers of an answer tell and leave out.
type answerFlags struct {
	limitsTold       float64
	headersFrom      time.Duration
	headersAtEnd     bool
	remainingDown    bool
	resetRounding    string
	resetSkew        time.Duration
	dateSkew         time.Duration
	retryAfterDate   bool
	noRetryAfter     bool
	headersMissing   float64
	headersOnlyOn429 bool
	noHeadersOn429   bool
	workspaceHeaders string
	compress         bool
}

// choice is a name that a flag takes, and its value.
type choice[T any] struct {
	name  string
	value T
}

func choiceNames[T any](table []choice[T]) []string {
	var all []string
	for _, w := range table {
		all = append(all, w.name)
	}
	return all
}

// choiceValue returns the value of a name that is in the table.
func choiceValue[T any](table []choice[T], of string) T {
	return table[slices.IndexFunc(table, func(w choice[T]) bool { return w.name == of })].value
}

var roundings = []choice[sim.Rounding]{{"up", sim.RoundUp}, {"nearest", sim.RoundNearest}, {"down", sim.RoundDown}, {"none", sim.NoReset}}

var workspaceHeaders = []choice[sim.WorkspaceHeaders]{{"scarcest", sim.WorkspaceScarcest}, {"tokens", sim.WorkspaceInTokens}, {"none", sim.WorkspaceHidden}}

// define adds the flags to a set.
func (f *answerFlags) define(set *pflag.FlagSet) {
	set.BoolVar(&f.headersAtEnd, "headers-at-end", false, "the limit headers of an answer that is not streamed tell what is left at its end, not at its start")
	set.BoolVar(&f.remainingDown, "remaining-down", false, "the -remaining headers of tokens are rounded down to thousands, not to the nearest")
	set.Float64Var(&f.limitsTold, "limits-told", 1, "`times` what is enforced that the limit headers tell, such as 2 or 0.5")
	set.DurationVar(&f.headersFrom, "headers-from", 0, "answers have limit headers from this `time` on, such as 20s (default: at once)")
	set.StringVar(&f.resetRounding, "reset-rounding", "up", "`how` the -reset headers are brought to whole seconds: up, nearest or down, or none for no such header")
	set.DurationVar(&f.resetSkew, "reset-skew", 0, "the -reset headers are ahead of the clock by this `time`, such as -30s for behind; Date is right (default: by none)")
	set.DurationVar(&f.dateSkew, "date-skew", 0, "the clock of the server is ahead by this `time`, such as -30s for behind, in all that it writes, Date too (default: by none)")
	set.BoolVar(&f.retryAfterDate, "retry-after-date", false, "retry-after is a date, not seconds")
	set.BoolVar(&f.noRetryAfter, "no-retry-after", false, "a 429 of the limits has no retry-after")
	set.Float64Var(&f.headersMissing, "headers-missing", 0, "`share` of the answers that come without limit headers, 0 to 1 for all")
	set.BoolVar(&f.headersOnlyOn429, "headers-only-on-429", false, "nothing but a 429 has limit headers")
	set.BoolVar(&f.noHeadersOn429, "no-headers-on-429", false, "a 429 has no limit headers")
	set.BoolVar(&f.compress, "compress", false, "answers are in gzip for those that accept it, streams too")
	set.StringVar(&f.workspaceHeaders, "workspace-headers", "scarcest", "`what` headers tell of a workspace's limits: scarcest, where they are the scarcer ones; tokens, in the tokens headers alone; none")
}

// apply sets the settings of an account from the flags.
func (f *answerFlags) apply(s *sim.AccountSettings) error {
	if err := command.OneOf("reset-rounding", f.resetRounding, choiceNames(roundings)...); err != nil {
		return err
	}
	if err := command.OneOf("workspace-headers", f.workspaceHeaders, choiceNames(workspaceHeaders)...); err != nil {
		return err
	}
	switch {
	case f.resetSkew.Abs() > sim.MaxResetSkew:
		return command.Usagef("--reset-skew is %v: must be from %v to %v, such as -30s", f.resetSkew, -sim.MaxResetSkew, sim.MaxResetSkew)
	case f.dateSkew.Abs() > sim.MaxDateSkew:
		return command.Usagef("--date-skew is %v: must be from %v to %v, such as -30s", f.dateSkew, -sim.MaxDateSkew, sim.MaxDateSkew)
	case !within(f.headersMissing, 0, 1):
		return command.Usagef("--headers-missing is %v: must be a share from 0 to 1, such as 0.7", f.headersMissing)
	case f.headersFrom < 0:
		return command.Usagef("--headers-from is %v: must be a time from now on, such as 20s, or 0s for at once", f.headersFrom)
	case !within(f.limitsTold, sim.MinLimitsTold, sim.MaxLimitsTold):
		return command.Usagef("--limits-told is %v: must be from %v to %v, such as 2 for twice what is enforced", f.limitsTold, sim.MinLimitsTold, sim.MaxLimitsTold)
	}
	s.LimitsTold, s.HeadersFrom = f.limitsTold, f.headersFrom
	s.HeadersAtEnd, s.RemainingDown = f.headersAtEnd, f.remainingDown
	s.ResetRounding, s.ResetSkew = choiceValue(roundings, f.resetRounding), f.resetSkew
	s.HeadersMissing, s.HeadersOnlyOn429, s.NoHeadersOn429, s.NoRetryAfter = f.headersMissing, f.headersOnlyOn429, f.noHeadersOn429, f.noRetryAfter
	s.WorkspaceHeaders = choiceValue(workspaceHeaders, f.workspaceHeaders)
	return nil
}

// announceAnswers prints what the answers leave out or tell wrongly.
func (p *process) announceAnswers() {
	f := p.flags.answerFlags
	var parts []string
	say := func(really bool, format string, args ...any) {
		if really {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	say(f.headersAtEnd, "whole ones tell what is left at their end")
	say(f.remainingDown, "what is left of tokens is rounded down")
	say(f.headersMissing > 0, "%v of them have no limit headers", f.headersMissing)
	say(f.headersFrom > 0, "limit headers from %s on", human.Exact(f.headersFrom))
	say(f.limitsTold != 1, "limit headers tell %v times what is enforced", f.limitsTold)
	say(f.headersOnlyOn429, "only a 429 has limit headers")
	say(f.noHeadersOn429, "a 429 has no limit headers")
	say(f.noRetryAfter, "a 429 of the limits has no retry-after")
	say(f.retryAfterDate, "retry-after is a date")
	say(f.resetRounding == "none", "no header says when a limit is full again")
	say(f.resetRounding != "up" && f.resetRounding != "none", "-reset is rounded %s", map[string]string{"nearest": "to the nearest second", "down": "down"}[f.resetRounding])
	say(f.resetSkew != 0, "-reset is off by %s", human.Exact(f.resetSkew))
	say(f.dateSkew != 0, "the server's clock is off by %s", human.Exact(f.dateSkew))
	say(f.workspaceHeaders == "tokens", "a workspace's limits are told in the tokens headers alone")
	say(f.workspaceHeaders == "none", "no header tells of a workspace's limits")
	say(f.compress, "in gzip for those that accept it")
	say(p.flags.longAnswers > 0, "%v of them are as long as max_tokens allows", p.flags.longAnswers)
	if len(parts) > 0 {
		p.Say("its answers: %s", strings.Join(parts, "; "))
	}
}
