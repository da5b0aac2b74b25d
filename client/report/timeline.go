package report

import (
	"math/bits"
	"slices"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue"
)

// timeline returns how long each verdict held, and the outages. The time between two
// polls counts for the verdict of the earlier one, unless polls were missed between
// them.
func (b *Builder) timeline(late, whole time.Duration) (levels []LevelDuration, outages []Outage) {
	names := []string{client.Healthy.String(), client.Warning.String(), client.Critical.String(), Unreachable, NoFigures}
	lasted := make([]time.Duration, len(names))
	var open *Outage
	for i, p := range b.polls {
		if p.verdict == verdictFailed {
			if open == nil {
				open = &Outage{From: fromUnixNanos(p.at)}
			}
			open.Polls++
			open.Cause = p.cause
		} else if open != nil {
			open.To = fromUnixNanos(p.at)
			outages = append(outages, *open)
			open = nil
		}
		apart := b.untilNext(i)
		switch {
		case apart <= 0:
		case p.verdict == verdictFailed:
			lasted[verdictFailed] += apart
		case apart > late:
			lasted[len(lasted)-1] += apart
			if b.polls[i+1].verdict != verdictFailed {
				outages = append(outages, Outage{From: fromUnixNanos(p.at), To: fromUnixNanos(b.polls[i+1].at), Cause: "nothing was recorded"})
			}
		default:
			lasted[p.verdict] += apart
		}
	}
	if open != nil {
		outages = append(outages, *open)
	}
	for i, d := range lasted {
		if d > 0 {
			levels = append(levels, LevelDuration{names[i], d, min(1, d.Seconds()/max(whole.Seconds(), d.Seconds()))})
		}
	}
	return levels, outages
}

// untilNext returns the time from a poll to the next one; 0 or less if it is unknown.
func (b *Builder) untilNext(i int) time.Duration { return untilNext(b.polls, i) }

func untilNext(polls []poll, i int) time.Duration {
	if i+1 >= len(polls) || polls[i].at == 0 || polls[i+1].at == 0 {
		return 0
	}
	return time.Duration(polls[i+1].at - polls[i].at)
}

// maxProblems is the largest number of different findings: the bits of a set.
const maxProblems = 64

// problems collects findings, and how long each held. The zero value is ready to use.
type problems struct {
	seen  []Problem // at most maxProblems
	index map[string]int
}

// add adds the findings of an answer, and returns the set of them as bits.
func (p *problems) add(findings []client.Finding, at time.Time) (set uint64) {
	for _, f := range findings {
		if f.Level == client.Healthy {
			continue
		}
		i := p.indexOf(f)
		if i < 0 || set&(1<<i) != 0 {
			continue
		}
		set |= 1 << i
		h := &p.seen[i]
		if h.Polls++; h.First.IsZero() {
			h.First = at
		}
		level := max(h.Finding.Level, f.Level)
		h.Last, h.Finding = at, f
		h.Finding.Level = level
	}
	return set
}

// indexOf returns the index of a finding in seen; -1 if there is no room for another
// one.
func (p *problems) indexOf(f client.Finding) int {
	subject, _ := client.CutFigures(f.Message)
	if f.Row == queue.RowPause || f.Row == "" && strings.HasPrefix(subject, "Paused by the API") { // an older endpoint tells no row
		subject, _, _ = strings.Cut(subject, " until ")
	}
	if i, ok := p.index[subject]; ok {
		return i
	}
	if len(p.seen) == maxProblems {
		return -1
	}
	if p.index == nil {
		p.index = map[string]int{}
	}
	p.index[subject] = len(p.seen)
	p.seen = append(p.seen, Problem{})
	return len(p.seen) - 1
}

// durations returns the problems with how long each held, by level, then by the number
// of polls.
func (p *problems) durations(polls []poll, late time.Duration) []Problem {
	all := slices.Clone(p.seen)
	for i, poll := range polls {
		d := untilNext(polls, i)
		if d <= 0 || d > late {
			continue
		}
		for set := poll.problems; set != 0; set &= set - 1 {
			all[bits.TrailingZeros64(set)].For += d
		}
	}
	slices.SortStableFunc(all, func(a, b Problem) int {
		if a.Finding.Level != b.Finding.Level {
			return int(b.Finding.Level) - int(a.Finding.Level)
		}
		return int(b.Polls - a.Polls)
	})
	return all
}
