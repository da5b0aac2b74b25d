package queue

import (
	"slices"
	"strings"
)

// Viewer is who looks at a queue from outside: whose names, requests and errors it may
// see. The zero Viewer sees everybody's.
type Viewer struct {
	OwnOnly bool   // it sees those of its group alone
	Group   string // see [Request]; empty: it has none, and sees nobody's
}

// What stands in the place of a name that a viewer may not see.
const (
	AnotherUser = "another user"
	AnOperator  = "an operator" // who has changed something
)

// sees reports whether the names of a group's users may be seen.
func (v Viewer) sees(group string) bool { return !v.OwnOnly || v.Group != "" && v.Group == group }

// user returns the name of a user, or what stands for it; empty for nobody.
func (v Viewer) user(group, name string) string {
	if name == "" || v.sees(group) {
		return name
	}
	return AnotherUser
}

// namedText is a text in which the names of users stand with their groups, so that it can be
// shown to each viewer: see [nameIn].
type namedText string

// The marks around a group, a name and what follows it. No escaped text has them.
const (
	markGroup = "\x01"
	markName  = "\x02"
	markEnd   = "\x03"
)

// nameIn returns the name of a user as a part of a [namedText].
func nameIn(group, name string) string {
	return markGroup + Escape(group) + markName + Escape(name) + markEnd
}

// ownedName returns the name of a user with its group, to be kept as one text; empty for
// nobody.
func ownedName(group, name string) string {
	if name == "" {
		return ""
	}
	return clip(Escape(group), nameKept) + markName + name
}

// ownerOf returns what [ownedName] has put together: without a group if that is not known.
func ownerOf(owned string) (group, name string) {
	group, name, ok := strings.Cut(owned, markName)
	if !ok {
		return "", owned
	}
	return group, name
}

// seenBy returns the text as a viewer may see it, without the mark of an [Action]. Of a text
// that was cut inside a name only who sees all sees that name.
func (t namedText) seenBy(v Viewer) string {
	before, rest, named := strings.Cut(t.withoutAction(), markGroup)
	if !named {
		return before
	}
	var b strings.Builder
	for named {
		b.WriteString(before)
		marked, after, whole := strings.Cut(rest, markEnd)
		group, name, _ := strings.Cut(marked, markName)
		if !v.OwnOnly || whole && v.sees(group) {
			b.WriteString(name)
		} else {
			b.WriteString(AnotherUser)
		}
		before, rest, named = strings.Cut(after, markGroup)
	}
	b.WriteString(before)
	return b.String()
}

// SeenBy returns the report as a viewer may see it. It shares with r what is the same.
func (r Report) SeenBy(v Viewer) Report {
	if !v.OwnOnly || r.Detail == nil {
		return r
	}
	d := *r.Detail
	d.Findings = each(d.Findings, v, Finding.seenBy)
	d.Failures = each(d.Failures, v, ClassFailures.seenBy)
	d.Users = each(d.Users, v, User.seenBy)
	d.ModelsByGroup = v.ofGroups(d.ModelsByGroup)
	d.Models = byModel(d.ModelsByGroup)
	d.Events = each(d.Events, v, Event.SeenBy)
	d.Slices = each(d.Slices, v, Slice.seenBy)
	if d.PaceOff != nil && d.PaceOff.By != "" {
		off := *d.PaceOff
		off.By = AnOperator
		d.PaceOff = &off
	}
	if d.Oldest != nil {
		oldest := d.Oldest.seenBy(v)
		d.Oldest = &oldest
	}
	if d.Crowd != nil {
		crowd := *d.Crowd
		crowd.User = v.user(crowd.Group, crowd.User)
		crowd.With = each(crowd.With, v, CrowdUser.seenBy)
		d.Crowd = &crowd
	}
	r.Detail = &d
	if len(d.Findings) > 0 {
		r.Health.tell(d.Findings[0])
	}
	return r
}

// each returns what a viewer may see of the rows of a list, in a list of its own.
func each[T any](list []T, v Viewer, seenBy func(T, Viewer) T) []T {
	list = slices.Clone(list)
	for i, row := range list {
		list[i] = seenBy(row, v)
	}
	return list
}

func (f Finding) seenBy(v Viewer) Finding {
	f.User = v.user(f.Group, f.User)
	f.Message, f.Recommendation = f.message.seenBy(v), f.recommendation.seenBy(v)
	return f
}

func (f ClassFailures) seenBy(v Viewer) ClassFailures {
	names := make([]string, len(f.Names))
	for i, name := range f.Names {
		group := ""
		if i < len(f.Groups) {
			group = f.Groups[i]
		}
		names[i] = v.user(group, name)
	}
	f.Names = names
	return f
}

func (u User) seenBy(v Viewer) User {
	u.Name = v.user(u.Group, u.Name)
	if !v.sees(u.Group) {
		u.Usage = nil
	}
	return u
}

func (u CrowdUser) seenBy(v Viewer) CrowdUser {
	u.User = v.user(u.Group, u.User)
	return u
}

func (s Slice) seenBy(v Viewer) Slice {
	s.Message = s.message.seenBy(v)
	s.Longest = each(s.Longest, v, LongestWait.seenBy)
	return s
}

func (w LongestWait) seenBy(v Viewer) LongestWait {
	w.User = v.user(w.Group, w.User)
	return w
}

func (o OldestRequest) seenBy(v Viewer) OldestRequest {
	if !v.sees(o.Group) {
		o.ID = ""
	}
	o.User = v.user(o.Group, o.User)
	return o
}

// SeenBy returns the event as a viewer may see it: of another's request, neither whose it
// was nor what the API said to it, which may repeat parts of it. Why a lane is paused is
// about the account.
func (e Event) SeenBy(v Viewer) Event {
	own := e.User != "" && v.sees(e.Group)
	if v.OwnOnly && !own && e.Kind != KindPaused && e.Kind != KindTrouble {
		e.Error = ""
	}
	e.User = v.user(e.Group, e.User)
	if e.By != "" && !v.sees(e.By) {
		e.By = AnOperator
	}
	return e
}

// SeenBy returns the request as a viewer may see it: another's has no ID, by which one
// could ask for it.
func (w WaitingRequest) SeenBy(v Viewer) WaitingRequest {
	if !v.sees(w.Group) {
		w.ID, w.User, w.Group, w.Session = "", AnotherUser, "", ""
	}
	return w
}
