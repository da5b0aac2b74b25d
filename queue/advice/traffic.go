package advice

import (
	"maps"
	"slices"
	"time"

	"paceline/queue"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// bytesPerToken makes the estimate of a request's tokens nearly exact where it is not known.
const bytesPerToken = 4

// traffic is past traffic that can be replayed, with its limits and settings.
type traffic struct {
	requests []request
	users    int
	length   time.Duration
	limits   map[string]sim.GroupLimits // by account
	assumed  map[string]bool            // accounts that have reported none
	history  map[string][]groupLimits   // by account: how the limits of its lanes were over time, where answers told it
	sizes    map[string]sim.GroupLimits // by account: what buckets hold that hold less than a minute's limit
	settings queue.Settings
	cold     bool                // the queue knew nothing at the beginning
	atEnd    bool                // an answer that is not streamed tells what is left at its end
	others   string              // what others have left of the account; empty if they do not show
	used     map[string]*amounts // by lane: what was missing from the limits at the beginning, where it is known
}

// request is a past request.
type request struct {
	queue.RequestRecord
	at      time.Duration // arrival since the beginning; negative if it already waited then
	user    int
	account string // the account that pays
	group   string // the model group
}

// delay is how long the request waited for its latest start, or until it left.
func (r *request) delay() time.Duration {
	if r.Started {
		return max(r.Waited, r.Delayed)
	}
	return r.Waited
}

// firstToken is when the answer began, since the start: a stream tells the limits then, and of
// any other nobody knows.
func (r *request) firstToken() time.Duration {
	usual := r.Took / 4
	if told := r.ToldAt.Sub(startOf(&r.RequestRecord)); !r.ToldAt.IsZero() && told < usual {
		return max(told, 0)
	}
	return usual
}

// newTraffic prepares the traffic of a situation, or a sample of at most most
// requests. assumed are the limits of an account that has reported none.
func newTraffic(s Situation, assumed sim.GroupLimits, most int) *traffic {
	past, from := sample(s.Traffic, s.Since, most)
	t := &traffic{settings: s.Settings, limits: accountLimits(s.Learned), assumed: map[string]bool{}, history: map[string][]groupLimits{}, sizes: map[string]sim.GroupLimits{}, used: map[string]*amounts{}}
	var read reading
	t.others, read = takenByOthers(s)
	t.atEnd = read != asOfStart
	if len(past) == 0 {
		return t
	}
	usual := meanDurations(past)
	numbers := map[[2]string]int{}
	for _, p := range past {
		who := [2]string{p.Group, p.User}
		if _, ok := numbers[who]; !ok {
			numbers[who] = len(numbers)
		}
		if !p.Ended { // assume the mean of its lane
			p.Took = usual[p.Lane]
		}
		account, group := queue.CutLane(p.Lane)
		if t.limits[account] == nil {
			t.limits[account], t.assumed[account] = assumed, true
		}
		t.requests = append(t.requests, request{p, max(p.Arrived.Sub(from), -replay.WarmUp), numbers[who], account, group})
	}
	for name, lane := range callsByLane(past, from) {
		lane.read(read)
		if used := lane.usedBefore(); used != nil {
			t.used[name] = used
		}
		t.addHistory(name, lane)
		t.addSizes(name, lane)
	}
	t.users = len(numbers)
	t.length, t.cold = s.Now.Sub(from), s.Cold && from.Equal(s.Since)
	return t
}

// accountLimits returns the learned limits by account. A group without learned limits
// has those of another group of the account.
func accountLimits(learned map[string]queue.Limits) map[string]sim.GroupLimits {
	all := map[string]sim.GroupLimits{}
	for _, lane := range slices.Sorted(maps.Keys(learned)) {
		account, group := queue.CutLane(lane)
		l := learned[lane]
		limits := sim.Limits{
			RequestsPerMinute: l.Requests.PerMinute, InputTokensPerMinute: l.Input.PerMinute, OutputTokensPerMinute: l.Output.PerMinute,
		}
		if all[account] == nil {
			all[account] = sim.GroupLimits{"": limits}
		}
		all[account][group] = limits
	}
	return all
}

// meanDurations is the mean duration of calls, by lane.
func meanDurations(past []queue.RequestRecord) map[string]time.Duration {
	total, n := map[string]time.Duration{}, map[string]time.Duration{}
	usual := map[string]time.Duration{}
	for _, p := range past {
		usual[p.Lane] = 2 * time.Second // until one has ended
		if p.Ended {
			total[p.Lane] += p.Took
			n[p.Lane]++
		}
	}
	for lane := range total {
		usual[lane] = total[lane] / n[lane]
	}
	return usual
}

// messages makes the messages of the traffic.
func (t *traffic) messages() []*replay.Message {
	all := make([]*replay.Message, len(t.requests))
	for i, r := range t.requests {
		all[i] = &replay.Message{
			User: r.user, Number: i, Account: r.account, Priority: r.Priority, At: replay.WarmUp + r.at,
			Bytes: r.Cost.Input * bytesPerToken, Estimate: r.Estimate, Group: r.group,
			Call: sim.Call{ // only the lane is known of the model
				Model: r.group, InputTokens: r.Cost.Input, OutputTokens: r.Cost.Output,
				Took: max(r.Took, time.Millisecond), FirstToken: r.firstToken(),
			},
		}
		c := newCall(&r.RequestRecord, r.Arrived)
		all[i].NoStream = c.whole()
		if r.Abandoned {
			all[i].Patience = max(r.Waited, time.Millisecond)
		}
	}
	return all
}

// pace is the pace of a queue with the settings of the traffic, which knows the limits.
func (t *traffic) pace() replay.Pace {
	return replay.QueuePace("the queue", t.settings, t.settings.Adaptive)
}

// paceAsItWas is the pace of the queue that had the traffic.
func (t *traffic) paceAsItWas() replay.Pace {
	return replay.QueuePace("the queue", t.settings, t.settings.Adaptive && !t.cold)
}

// replay runs a traffic through a pace, against accounts with its limits.
func (c *computation) replay(t *traffic, p replay.Pace) (*replay.Result, error) {
	c.replayed += len(t.requests)
	load := &replay.Load{Name: "the last hour", Users: t.users, Accounts: map[string]sim.AccountSettings{}, Messages: t.messages, AfterEvent: c.yield}
	uses := t.uses()
	for account := range t.limits {
		s := sim.DefaultAccountSettings()
		s.Groups = nil // each lane has buckets of its own
		s.Limits, s.Changes = t.limitsOver(account)
		s.Sizes, s.HeadersAtEnd = t.sizes[account], t.atEnd
		s.Uses = uses[account]
		load.Accounts[account] = s
	}
	return replay.Run(c.ctx, load, p)
}

// busiest returns the account and the model group with the most requests.
func (t *traffic) busiest() (account, group string) {
	counts := map[[2]string]int{}
	for _, r := range t.requests {
		counts[[2]string{r.account, r.group}]++
	}
	var busiest [2]string
	for _, r := range t.requests {
		if place := [2]string{r.account, r.group}; counts[place] > counts[busiest] {
			busiest = place
		}
	}
	return busiest[0], busiest[1]
}
