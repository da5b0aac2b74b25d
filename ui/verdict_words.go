package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// whoWords says who waits, and how many others do where one of many is named; empty while
// nobody waits, or where the endpoint does not tell.
func (s *state) whoWords() string {
	words, d := s.briefWho(), s.detail()
	others := d.UsersWaiting.Value - 1
	switch {
	case words == "" || d.Crowd != nil && !d.Cause.Known || d.Oldest == nil || clean(d.Oldest.User) == "" || others < 1:
		return words
	case others == 1:
		return words + ", and 1 other waits"
	default:
		return words + ", and " + human.Count(others) + " others wait"
	}
}

// briefWho says who has many more requests waiting than the others, or who waits longest.
func (s *state) briefWho() string {
	d := s.detail()
	oldest := d.OldestWait
	if s.sample.Waiting.Value == 0 || !oldest.Known {
		return ""
	}
	if c := d.Crowd; c != nil && !d.Cause.Known { // else they are not why
		words := "oldest " + orDash(s.theme, c.OldestWait, human.Duration)
		if !s.messageCounts(c) {
			words = s.crowdWords(c) + ", " + words
		}
		return words + s.othersWords(c)
	}
	words := "oldest " + human.Duration(oldest.Value)
	if d.Cause.Known && !s.past {
		words = human.Count(s.sample.Waiting.Value) + " waiting, " + words
	}
	if s.past {
		words = human.Count(s.sample.Waiting.Value) + " waiting at most"
		if oldest.Value == 0 {
			return words
		}
		words += ", longest " + human.Duration(oldest.Value)
	}
	if d.Oldest != nil && clean(d.Oldest.User) != "" {
		words += ", " + clean(d.Oldest.User)
	}
	return words
}

// othersWords say how long the others wait, beside a crowd.
func (s *state) othersWords(c *client.Crowd) string {
	if c.OthersOldest.Known {
		words := "; others at most " + human.Duration(c.OthersOldest.Value)
		if user := s.longerThan(c); user != "" {
			words += ", " + user
		}
		return words
	}
	if c.Waiting.Value < s.sample.Waiting.Value && len(c.With) == 0 { // an older endpoint tells of one lane
		return ""
	}
	return "; nobody else waits"
}

// whoFirst says who waits, and how many of all, where the verdict begins with that.
func (s *state) whoFirst() string {
	waiting := human.Count(s.sample.Waiting.Value)
	c := s.detail().Crowd
	if c == nil {
		return waiting + " waiting: " + s.whoWords()
	}
	words := s.crowdWords(c)
	if c.OthersOldest.Known {
		words += " of " + waiting
	}
	return words + ", oldest " + orDash(s.theme, c.OldestWait, human.Duration) + s.othersWords(c)
}

// longerThan returns who waits longest, where that is nobody of the crowd, as in another lane;
// else empty.
func (s *state) longerThan(c *client.Crowd) string {
	if oldest := s.detail().Oldest; oldest != nil && c.OldestWait.Known && c.OthersOldest.Value > c.OldestWait.Value {
		return clean(oldest.User)
	}
	return ""
}

// crowdWords are the users of the crowd, and how many requests of each wait.
func (s *state) crowdWords(c *client.Crowd) string {
	var words []string
	for _, u := range append([]client.CrowdUser{{User: c.User, Waiting: c.Waiting}}, c.With...) {
		words = append(words, clean(u.User.String())+" "+orDash(s.theme, u.Waiting, human.Count[int]))
	}
	return strings.Join(words, ", ")
}

// messageCounts reports whether the message of the verdict says already how many requests of the
// crowd wait.
func (s *state) messageCounts(c *client.Crowd) bool {
	if len(s.verdict.Findings) == 0 || len(c.With) > 0 {
		return false
	}
	f := s.verdict.Findings[0]
	return f.Row == queue.RowBackingUp && f.User != "" && clean(f.User) == clean(c.User.String())
}

// whyWords says why they wait, in about w cells: what fails, or what is used up, and whether
// the line grows. While nobody waits it says when a request started last.
func (s *state) whyWords(w int) string {
	d := s.detail()
	failures, binding, flow := s.failureWords(), s.bindingWords(), s.flowWords()
	if width(binding) > w {
		binding = s.briefBinding()
	}
	parts := []string{binding, flow, failures}
	switch {
	case s.past && (d.Cause.Known || binding == ""):
		parts = []string{failures, binding, flow}
	case s.sample.Waiting.Known && s.sample.Waiting.Value == 0:
		parts = []string{failures, s.lastStartWords(), flow}
	case d.Cause.Known:
		parts = []string{failures, flow}
	}
	words := ""
	for _, part := range parts {
		if part != "" && part == failures && words != "" && width(words)+3+width(part) > w {
			part = s.briefFailures()
		}
		switch {
		case part == "":
		case words == "":
			words = part
		case width(words)+3+width(part) <= w: // rather left out than cut off
			words += " " + s.theme.dot + " " + part
		}
	}
	return words
}

// flowWords says how many arrive and start a minute, and whether the line grows.
func (s *state) flowWords() string {
	if m := s.minute; s.past && m.Arrivals.Known && m.Starts.Known { // calls that failed began again
		return fmt.Sprintf("%s arrived that minute, %s began", human.Count(m.Arrivals.Value), human.Plural(m.Starts.Value, "call"))
	}
	d := s.detail()
	if !d.ArrivalsPerMinute.Known || !d.StartsPerMinute.Known {
		return ""
	}
	words := fmt.Sprintf("%s arrive a minute, %s start", human.Count(d.ArrivalsPerMinute.Value), human.Count(d.StartsPerMinute.Value))
	if n := d.GaveUpPerMinute.Value; n >= worthTelling {
		words += ", " + human.Count(n) + " give up"
	}
	if n := d.RefusedPerMinute.Value; n >= worthTelling {
		words += ", " + human.Count(n) + " refused"
	}
	if s.sample.Grows() {
		words += ": growing"
	}
	return words
}

// worthTelling is from how many a minute on it is told that callers give up, or are refused.
const worthTelling = 5

// lastStarts returns the latest n starts that the endpoint told, the newest first.
func (s *state) lastStarts(n int) (starts []client.Event) {
	for i := len(s.events) - 1; i >= 0 && len(starts) < n; i-- {
		if s.events[i].Kind == queue.KindStarted {
			starts = append(starts, s.events[i])
		}
	}
	return starts
}

// lastStartWords says when a request started last, and after how long; empty where nobody
// knows.
func (s *state) lastStartWords() string {
	starts := s.lastStarts(1)
	if len(starts) == 0 {
		return ""
	}
	words := "last start " + s.clock(starts[0].At)
	if took := starts[0].Took; took.Known {
		words += " after " + human.Duration(took.Value)
	}
	return words
}

// bindingLane returns the lane that the requests who wait longest are in: that of the
// oldest, else the one with the most waiting.
func (s *state) bindingLane() (client.Lane, bool) {
	lanes := lanesByWaiting(s)
	if o := s.detail().Oldest; o != nil {
		for _, l := range lanes {
			if l.Name == o.Lane {
				return l, true
			}
		}
	}
	if len(lanes) == 0 {
		return client.Lane{}, false
	}
	return lanes[0], true
}

// bindingWords says what holds up those who wait, and how much of it is left; empty while
// nobody waits.
func (s *state) bindingWords() string {
	if s.sample.Waiting.Value == 0 {
		return ""
	}
	lane, ok := s.bindingLane()
	name := ""
	if ok && len(s.detail().Lanes) > 1 {
		name = s.laneName(lane.Name) + ": "
	}
	b := s.detail().Binds
	if b == nil || lane.PausedUntil.Known {
		if !ok || s.past {
			return ""
		}
		words, _ := s.laneStatus(lane)
		return name + words
	}
	if b.Free.Known {
		return name + clean(b.Kind) + ", " + s.theme.freeWords(client.Limit{Kind: b.Kind, PerMinute: b.PerMinute, Free: b.Free})
	}
	return name + bindShort(b.Kind)
}

// briefBinding is bindingWords in few cells: "output 0/8k".
func (s *state) briefBinding() string {
	b := s.detail().Binds
	if b == nil || !b.Free.Known {
		return s.bindingWords()
	}
	return limitLabel(b.Kind) + " " + s.theme.freeShort(client.Limit{Kind: b.Kind, PerMinute: b.PerMinute, Free: b.Free})
}

// bindShort is bindWords in few words.
func bindShort(kind string) string {
	switch kind {
	case queue.BlockedBySpacing:
		return "the spacing, a setting"
	case queue.BlockedByPause:
		return "paused by the API"
	case queue.BlockedBySlots:
		return "all slots are taken"
	case queue.BlockedByOverload:
		return "the API is overloaded"
	case queue.BlockedByNetwork:
		return "the API cannot be reached"
	case queue.BlockedByExploring:
		return "the limits are not known yet"
	case queue.BlockedByRate:
		return "a limit that no answer tells"
	case queue.BlockedByCaution:
		return "held back after a 429 until answers show room"
	default:
		return clean(kind)
	}
}

// doWords says the one thing to do, the action first: in at most w cells where that is
// possible without a cut. Else it is what is recommended, which may be an action that only
// some may do.
func (s *state) doWords(recommendation string, action queue.Action, w int) string {
	d := s.detail()
	if c := d.Crowd; c != nil && d.CancelHelps() && !nothingToDo(recommendation) && s.canActOnLine && d.AwaitsTurn() && s.sample.Waiting.Value > 0 {
		return s.actOnCrowd(c, w)
	}
	if hint := s.hint(w); hint != "" && s.verdict.Level > client.Healthy && (s.sample.Waiting.Value == 0 || !nothingToDo(recommendation)) {
		return hint
	}
	recommendation = s.withPaceKey(clean(recommendation))
	switch {
	case action == queue.ActionEndPause && s.canActOnLine && !s.keyless: // so one may end a pause, too
		return withKeys(recommendation, "the pause", "l, then T")
	case action == queue.ActionLimitUser && !s.canActOnLine:
		return "Ask them to send fewer at once: they alone are the cause"
	}
	return recommendation
}

// nothingToDo reports whether the endpoint says of those who wait that there is nothing to do.
func nothingToDo(recommendation string) bool { return strings.HasPrefix(recommendation, "Nothing now") }

// withKeys puts the keys for something after the words that say to do it, or at the end.
func withKeys(text, words, keys string) string {
	before, after, found := strings.Cut(text, words)
	if !found {
		words = ""
	}
	return before + words + " (" + keys + ")" + after
}

// actOnCrowd says what can be done about the requests of a crowd, with the keys for it, in at
// most w cells where that is possible. On a screen that has not that many, who they are stands
// in another row.
func (s *state) actOnCrowd(c *client.Crowd, w int) string {
	count := orDash(s.theme, c.Waiting, human.Count[int])
	first := fmt.Sprintf("cancel the %s of %s", count, clean(c.User.String()))
	all := first
	for _, u := range c.With {
		all += fmt.Sprintf(", then the %s of %s", orDash(s.theme, u.Waiting, human.Count[int]), clean(u.User.String()))
	}
	lead, lower, then, thenLower := "", ", or lower their priority", "", ""
	switch {
	case s.keyless:
	case s.target.isUser() && s.target.User == c.User:
		lead, lower = "c ", ", or < lower their priority"
	case s.inUsers:
		then, thenLower = ": choose them, then c", " or <"
	default:
		then, thenLower = ": 3, then c", " or <"
	}
	texts := []string{all + then, first + then, "cancel these " + count + then}
	if !c.Lowest.Value && (c.OthersOldest.Known || len(c.With) > 0) { // else nobody would gain
		texts = slices.Insert(texts, 0, all+lower+then+thenLower)
	}
	for i := range texts {
		if texts[i] = lead + texts[i]; width(texts[i]) <= w {
			return texts[i]
		}
	}
	return texts[len(texts)-1]
}

// sinceWords says since when the verdict is what it is; empty where nobody knows.
func (s *state) sinceWords() string {
	if since := s.detail().Since; since.Known && s.verdict.Level > client.Healthy {
		return "since " + s.clock(since.Value)
	}
	return ""
}

// briefSince is sinceWords without the seconds.
func (s *state) briefSince() string {
	if s.sinceWords() == "" {
		return ""
	}
	since, form := s.detail().Since.Value.In(s.zone), "since 15:04"
	if s.clock(since) != since.Format(time.TimeOnly) {
		form = "since Mon 15:04"
	}
	return since.Format(form)
}

// emptyWords says when all who wait now will have started, in words; where that is not
// sure, between when or at most. It is empty while nobody waits.
func (s *state) emptyWords() string {
	waiting, empty := s.sample.Waiting, s.emptyIn()
	switch {
	case waiting.Value == 0:
		return ""
	case !empty.Known && s.detail().Drain != nil && s.detail().Drain.Served.Known:
		return fmt.Sprintf("%s%s of %s are served", s.theme.approx, human.ShortCount(s.detail().Drain.Served.Value), human.ShortCount(waiting.Value))
	case !empty.Known:
		return ""
	}
	words := human.Rough(empty.Value)
	switch early, late, differ := s.detail().EmptyBetween(); {
	case differ && late > 2*early && human.RoundRough(late) > human.RoundRough(empty.Value): // a range would say nothing
		words += ", at most " + human.Rough(late)
	case differ:
		words = human.RoughRange(early, late)
	}
	return "all start in " + s.theme.approx + words
}

// longestNow is how long the oldest waits now; while nobody waits, the longest wait of the
// last minute's starts.
func (s *state) longestNow() (d client.Opt[time.Duration], past bool) {
	if s.sample.Waiting.Value > 0 && s.detail().OldestWait.Known {
		return s.detail().OldestWait, false
	}
	if s.sample.Detail == nil {
		return s.derived.RecentWait, true
	}
	if s.past {
		return s.minute.Longest, true
	}
	for _, c := range s.waits(time.Minute, 12) {
		if c.Starts > 0 && c.Longest.Known {
			d = client.Some(max(d.Value, c.Longest.Value))
		}
	}
	return d, true
}
