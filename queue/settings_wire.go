package queue

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MarshalJSON writes the settings as the wire has them, see [MarshalSettings].
func (s Settings) MarshalJSON() ([]byte, error) {
	return MarshalSettings(func(row Setting) float64 { return row.Value(s) })
}

// MarshalSettings writes a value for each row of [SettingTable] as the wire has
// settings: an object of the keys, each group an object of its own. A value that is no
// number is null.
func MarshalSettings(value func(Setting) float64) ([]byte, error) {
	var b bytes.Buffer
	group := ""
	for i, row := range settingTable {
		switch {
		case i == 0:
			b.WriteByte('{')
		case row.Group == group:
			b.WriteByte(',')
		case group != "":
			b.WriteString("},")
		default:
			b.WriteByte(',')
		}
		if row.Group != group {
			group = row.Group
			fmt.Fprintf(&b, "%q:{", group)
		}
		number := "null"
		if v := value(row); !math.IsNaN(v) && !math.IsInf(v, 0) {
			number = strconv.FormatFloat(v, 'f', -1, 64)
		}
		fmt.Fprintf(&b, "%q:%s", row.Key(), number)
	}
	if group != "" {
		b.WriteByte('}')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// With returns the settings with some changed. They are named by their paths and
// have the units of the wire, see [Setting.Path]: "minDelayMs", "maxInFlight",
// "thresholds.warnSuccess". A setting that is not named stays as it is, to the
// nanosecond. The error, one line, names each setting that there is not, and each
// that is out of its range, with the range.
func (s Settings) With(changes map[string]float64) (Settings, error) {
	changed := s
	var wrong []string
	for _, path := range slices.Sorted(maps.Keys(changes)) {
		v := changes[path]
		row, ok := SettingAt(path)
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("there is no setting %q", Truncate(path, maxNameShown)))
		case row.Whole() && (v != math.Trunc(v) || math.Abs(v) > 1e12): // what lies above is out of every range
			of := ""
			if row.Unit == Milliseconds {
				of = " of milliseconds"
			}
			wrong = append(wrong, fmt.Sprintf("%s is %v: must be a whole number%s", path, v, of))
		default:
			row.Set(&changed, v)
		}
	}
	if len(wrong) == 0 {
		wrong = onWire(changed.Validate())
	}
	if len(wrong) > 0 {
		return s, errors.New("queue: " + strings.Join(wrong, "; "))
	}
	return changed, nil
}

const maxNameShown = 64 // bytes of a name that no setting has

// onWire returns what is wrong according to err, which is from Validate, in the
// names and units of the wire.
func onWire(err error) (wrong []string) {
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range list.Unwrap() {
			wrong = append(wrong, onWire(err)...)
		}
	}
	if e, ok := errors.AsType[*rangeError](err); ok && len(wrong) == 0 {
		wrong = []string{e.onWire()}
	}
	return wrong
}

// ChangeSettings changes the settings that are named, see [Settings.With], and the pace, see
// [Settings.WithPace], unless that is empty. It returns the whole. Of two changes at the same
// time none is lost. After an error everything is as before. Without a change nothing happens.
// By says who asked, for the events.
func (q *Queue) ChangeSettings(changes map[string]float64, pace, by string) (s Settings, err error) {
	q.update(func(now time.Time) {
		before := q.machine.settings
		if s, err = before.With(changes); err == nil && pace != "" {
			s, err = s.WithPace(pace)
		}
		switch {
		case err != nil:
			s = before
		case len(changes) > 0 || s.Pace() != before.Pace():
			err = q.machine.setSettings(now, s, by)
		}
	})
	return s, err
}
