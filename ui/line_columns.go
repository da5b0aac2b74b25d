package ui

import (
	"slices"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue/human"
)

// lineColumn is a column of the list of who waits.
type lineColumn struct {
	title string
	width int
	left  bool
	text  func(*theme, *client.WaitingRequest) string
}

// leastName is the least width of a user's name in the list.
const leastName = 12

// lineColumns returns the columns that fit into w cells beside a user's name, the most
// important of these columns: their order is that of the screen.
func lineColumns(w int, several bool, rows []client.WaitingRequest, laneName func(string) string) (columns []lineColumn, name int) {
	place := lineColumn{"", 4, false, placeWords}
	priority := lineColumn{"priority", 9, true, func(_ *theme, r *client.WaitingRequest) string { return priorityWords(r) }}
	lane := lineColumn{"lane", 14, true, func(_ *theme, r *client.WaitingRequest) string { return laneName(r.Lane) }}
	waited := lineColumn{"waited", 8, false, func(t *theme, r *client.WaitingRequest) string {
		return orDash(t, r.Waited, human.Short)
	}}
	starts := lineColumn{"starts in", 12, false, startsWords}
	switch base := place.width + leastName + priority.width + waited.width + starts.width; {
	case w >= base+lane.width && several:
		columns = []lineColumn{place, priority, lane, waited, starts}
	case w >= base:
		columns = []lineColumn{place, priority, waited, starts}
	case w >= place.width+leastName+waited.width+starts.width:
		columns = []lineColumn{place, waited, starts}
	default:
		columns = []lineColumn{waited, starts}
	}
	name = w
	for _, c := range columns {
		name -= c.width
	}
	for _, c := range moreLineColumns(rows) {
		if name-c.width < 2*leastName || len(columns) < 4 {
			break
		}
		columns, name = append(columns, c), name-c.width
	}
	return columns, max(name, 1)
}

// moreLineColumns are those for which there is room on a wide screen, the most wanted first.
// Who is billed and the session are there where one of the rows has them.
func moreLineColumns(rows []client.WaitingRequest) []lineColumn {
	columns := []lineColumn{
		{"between", 13, false, betweenWords},
		{"attempt", 9, false, func(t *theme, r *client.WaitingRequest) string { return orDash(t, r.Attempt, human.Count[int]) }},
		{"came back", 11, false, func(_ *theme, r *client.WaitingRequest) string {
			if r.CameBack {
				return "yes"
			}
			return ""
		}},
	}
	if slices.ContainsFunc(rows, func(r client.WaitingRequest) bool { return !r.Group.IsZero() }) {
		columns = append(columns, lineColumn{"  group", 18, true, func(t *theme, r *client.WaitingRequest) string { return "  " + orNone(t, r.Group.String()) }})
	}
	if slices.ContainsFunc(rows, func(r client.WaitingRequest) bool { return r.Session != "" }) {
		columns = append(columns, lineColumn{"  session", 18, true, func(t *theme, r *client.WaitingRequest) string { return "  " + orNone(t, r.Session) }})
	}
	return columns
}

// orNone is a text of the endpoint, or a dash for none.
func orNone(t *theme, text string) string {
	if text = clean(text); text != "" {
		return text
	}
	return t.dash
}

// placeWords is a request's place in its lane.
func placeWords(t *theme, r *client.WaitingRequest) string {
	if r.Position.Value <= 0 {
		return t.dash
	}
	return human.ShortCount(r.Position.Value)
}

// priorityWords is a request's priority, and the one that its age has given it.
func priorityWords(r *client.WaitingRequest) string {
	if r.Class != "" && r.Class != r.Priority {
		return clean(r.Priority) + "+"
	}
	return clean(r.Priority)
}

// startsWords says when a request will start, or why nobody knows.
func startsWords(t *theme, r *client.WaitingRequest) string {
	words := t.dash
	switch {
	case r.ETA.Known && r.ETA.Value <= 0:
		words = "now"
	case r.ETA.Known:
		words = t.approx + human.Short(r.ETA.Value)
	case r.ETAEarly.Known:
		words = "≥" + human.Short(r.ETAEarly.Value)
	}
	if r.Aside != "" {
		words = "retry " + strings.TrimPrefix(words, t.approx)
	}
	return t.cut(words, 11)
}

// betweenWords is when a request starts at the earliest and at the latest, in nine cases of
// ten.
func betweenWords(t *theme, r *client.WaitingRequest) string {
	if !r.ETAEarly.Known || !r.ETALate.Known || r.ETALate.Value <= 0 {
		return t.dash
	}
	return human.Short(max(r.ETAEarly.Value, time.Duration(0))) + t.dash + human.Short(r.ETALate.Value)
}
