package ui

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// draft is the changes that are prepared. Nothing of it is sent before its reader says so.
type draft struct {
	changes []client.Change   // from the values that the server has, in the order in which they were prepared
	news    map[string]string // what has become of one meanwhile, by field
	refusal string            // why it was not sent, or not taken
}

// of returns the change of a field; nil if none is prepared.
func (d *draft) of(field string) *client.Change {
	for i := range d.changes {
		if d.changes[i].Field == field {
			return &d.changes[i]
		}
	}
	return nil
}

func (d *draft) forget(field string) {
	d.changes = slices.DeleteFunc(d.changes, func(c client.Change) bool { return c.Field == field })
	delete(d.news, field)
}

// prepare adds a change, or replaces that of the same field. One that changes nothing is
// dropped.
func (d *draft) prepare(c client.Change) {
	d.refusal = ""
	delete(d.news, c.Field)
	switch old := d.of(c.Field); {
	case c.From.Value == c.Value:
		d.forget(c.Field)
	case old != nil:
		*old = c
	default:
		d.changes = append(d.changes, c)
	}
}

// restore takes back changes that were sent and not made. What was prepared since then stays.
func (d *draft) restore(changes []client.Change, why string) {
	for _, c := range changes {
		if newer := d.of(c.Field); newer != nil {
			newer.From = c.From
			continue
		}
		d.changes = append(d.changes, c)
	}
	d.refusal = why
}

// renew takes the values that the server has now, and what it tells of who has changed them.
// Where somebody else has changed one, that is said; a change that is made already is dropped,
// and that is said, too.
func (d *draft) renew(now client.Settings, events []client.Event) {
	for _, c := range slices.Clone(d.changes) {
		v, told := now[c.Field]
		by := cmp.Or(changedBy(events, client.Change{Field: c.Field, From: c.From, Value: v}), " meanwhile")
		switch {
		case !told:
			d.forget(c.Field)
		case v == c.Value:
			d.forget(c.Field)
			d.tell(c.Field, "made already"+by)
		case v != c.From.Value:
			d.tell(c.Field, "changed"+by+", was "+writeField(c.Field, c.From.Value))
			d.of(c.Field).From = client.Some(v)
		}
	}
	if len(d.changes) == 0 {
		d.refusal = ""
	}
}

// tell says what has become of a change.
func (d *draft) tell(field, words string) {
	if d.news == nil {
		d.news = map[string]string{}
	}
	d.news[field] = words
}

// changedBy says who has made a change, as the events tell it: " by ops"; empty if they do
// not.
func changedBy(events []client.Event, c client.Change) string {
	row, _ := queue.SettingAt(c.Field)
	one := row.ChangeWords(c.From.Value, c.Value)
	for _, e := range slices.Backward(events) {
		if e.Kind == queue.KindSettings && e.By != "" && queue.HasChange(e.Change, one) {
			return " by " + clean(e.By)
		}
	}
	return ""
}

// on returns settings as they would be with the draft.
func (d *draft) on(s client.Settings) client.Settings {
	s = maps.Clone(s)
	for _, c := range d.changes {
		if _, known := s[c.Field]; known {
			s[c.Field] = c.Value
		}
	}
	return s
}

// title says how much is prepared.
func (d *draft) title() string { return human.Plural(len(d.changes), "change") + " prepared" }

// inverse returns the changes that undo changes.
func inverse(changes []client.Change) []client.Change {
	back := make([]client.Change, 0, len(changes))
	for _, c := range changes {
		back = append(back, client.Change{Field: c.Field, Value: c.From.Value, From: client.Some(c.Value)})
	}
	return back
}

// changeWords writes changes from old to new: "minDelay 1.5 s → 1.6 s".
func (t *theme) changeWords(changes []client.Change) string {
	words := make([]string, 0, len(changes))
	for _, c := range changes {
		words = append(words, fieldName(c.Field)+" "+t.fromTo(c))
	}
	return strings.Join(words, ", ")
}

// fromTo writes the values of a change, from old to new.
func (t *theme) fromTo(c client.Change) string {
	return writeField(c.Field, c.From.Value) + " " + t.arrow + " " + writeField(c.Field, c.Value)
}

// writeField writes a value of a field with its unit.
func writeField(field string, v float64) string {
	row, _ := queue.SettingAt(field)
	return row.Words(v)
}

// fieldName is the name of a field on the screen.
func fieldName(field string) string {
	if row, ok := queue.SettingAt(field); ok {
		return row.Name
	}
	return field
}
