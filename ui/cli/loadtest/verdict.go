package loadtest

import (
	"fmt"

	"paceline/client/loadtest"
	"paceline/queue/human"
	"paceline/ui/cli/command"
)

// verdict returns the judgement in a sentence.
func (r *loadRun) verdict() string {
	percent := fmt.Sprintf("%+.0f%%", 100*r.Deviation)
	switch r.Judgement {
	case loadtest.AsComputed:
		if r.Learning > 0 {
			return fmt.Sprintf("as computed: from %s, if the queue knew its limits, to %s, if it had to learn them from the first answer",
				human.Precise(r.Expected.Average), human.Precise(r.Learning))
		}
		return fmt.Sprintf("as computed (%s)", percent)
	case loadtest.Slower:
		if r.Settings.Adaptive {
			return fmt.Sprintf("slower than computed (%s): %s", percent, r.seeNotesOr("a limit of tokens was waited for, others use the queue or the account, or the API is slower than told"))
		}
		return fmt.Sprintf("slower than computed (%s): %s", percent, r.seeNotesOr("the API or the way to it is slower than told, or others use the queue"))
	case loadtest.Faster:
		if r.Settings.Adaptive {
			return fmt.Sprintf("as early as the account's limits allow (%s against what was computed): %s", percent, r.seeNotesOr("more is free than was told"))
		}
		return fmt.Sprintf("faster than computed (%s): %s", percent, r.seeNotesOr("the answers are quicker than told, or a cache or another queue answers"))
	}
	switch {
	case r.result.Stopped:
		return "not to be compared: it was stopped"
	case r.result.Succeeded == 0:
		return "not to be compared: nothing succeeded"
	case r.result.Failed+r.result.NotSent > 0:
		return "not to be compared: not everything succeeded"
	case r.Expected.Refused > 0:
		return fmt.Sprintf("not to be compared: of this load the queue was expected to refuse %d", r.Expected.Refused)
	default:
		return "not to be compared: the settings of the queue make no sense"
	}
}

// seeNotesOr refers to the notes if there are any; else it returns otherwise.
func (r *loadRun) seeNotesOr(otherwise string) string {
	if len(r.Notes) > 0 {
		return "see below"
	}
	return otherwise
}

// describePace describes what decides when the next request starts.
func (r *loadRun) describePace() string {
	s := r.Settings
	rule := fmt.Sprintf("%s; %d at once", command.Spacing(s), s.MaxInFlight)
	switch {
	case !s.Adaptive:
		return rule
	case r.Account.PerMinute == 0:
		return fmt.Sprintf("adaptive, and no limits were told: computed as if there were none; %s at once", human.Count(s.AdaptiveInFlight))
	default:
		return fmt.Sprintf("adaptive, %s requests a minute as the API tells; %s at once", human.Count(r.Account.PerMinute), human.Count(s.AdaptiveInFlight))
	}
}
