package client

import (
	"math"

	"paceline/queue"
)

// Settings are the settings of a server, by their paths on the wire and in its units,
// see [queue.Setting.Path]. A setting that the answer does not have, or has out of its
// range, is missing: an older server has fewer settings. The nil Settings are empty.
type Settings map[string]float64

// read implements [reader].
func (s *Settings) read(v any, t tags) {
	*s = nil
	o, ok := v.(map[string]any)
	t.wants(ok, v)
	for _, row := range queue.SettingTable() {
		in := object(o)
		if row.Group != "" {
			in = in.object(row.Group)
		}
		v, ok := numberOf(in[row.Key()], row.Low, row.High)
		if t.wants(ok, in[row.Key()]); ok {
			s.add(row, v)
		}
	}
}

// SettingsOf returns the settings of a queue as its server would answer them.
func SettingsOf(q queue.Settings) Settings {
	var s Settings
	for _, row := range queue.SettingTable() {
		if v := row.Value(q); v >= row.Low && v <= row.High {
			s.add(row, v)
		}
	}
	return s
}

// add adds a setting that is in its range, unless it must be whole and is not.
func (s *Settings) add(row queue.Setting, v float64) {
	if row.Whole() && v != math.Trunc(v) {
		return
	}
	if *s == nil {
		*s = Settings{}
	}
	(*s)[row.Path()] = v
}

// Get returns the setting of a row.
func (s Settings) Get(row queue.Setting) Opt[float64] {
	v, ok := s[row.Path()]
	return Opt[float64]{Value: v, Known: ok}
}

// Named returns the setting with a name; false if it is missing.
func (s Settings) Named(name string) (v float64, ok bool) {
	row, ok := queue.SettingNamed(name)
	if !ok {
		return 0, false
	}
	v, ok = s[row.Path()]
	return v, ok
}

// Rows returns the rows of the settings that are not missing, in the order in which
// they are shown.
func (s Settings) Rows() []queue.Setting {
	var rows []queue.Setting
	for _, row := range queue.SettingTable() {
		if s.Get(row).Known {
			rows = append(rows, row)
		}
	}
	return rows
}

// QueueSettings returns the settings to compute with; unknown unless the spacing and the
// limit of calls in flight are known, and all are valid together. A setting that an older
// server does not have gets its default.
func (d Detail) QueueSettings() Opt[queue.Settings] {
	s, rule := d.Settings, queue.DefaultSettings()
	pace := d.Pace.Value
	if rule.Off = pace == queue.PaceOff; rule.Off && d.PaceOff != nil {
		pace = d.PaceOff.Rule.Value
	}
	rule.Adaptive = pace == queue.PaceAdaptive
	for _, row := range queue.SettingTable() {
		switch v := s.Get(row); {
		case v.Known:
			row.Set(&rule, v.Value)
		case row.Name == "minDelay", row.Name == "step", row.Name == "maxDelay", row.Name == "maxInFlight":
			return Opt[queue.Settings]{}
		case row.Name == "adaptiveInFlight": // older servers have one figure for both
			rule.AdaptiveInFlight = rule.MaxInFlight
		}
	}
	return Opt[queue.Settings]{Value: rule, Known: rule.Validate() == nil}.tidy()
}

// Thresholds returns the thresholds, with the default for each one that is missing;
// unknown if all are.
func (s Settings) Thresholds() Opt[queue.Thresholds] {
	rule, known := queue.DefaultSettings(), false
	for _, row := range queue.SettingTable() {
		if v := s.Get(row); v.Known && row.Group != "" {
			row.Set(&rule, v.Value)
			known = true
		}
	}
	return Opt[queue.Thresholds]{Value: rule.Thresholds, Known: known}.tidy()
}

// MarshalJSON writes the settings as they are on the wire, with null for each one that
// is missing; null for nil.
func (s Settings) MarshalJSON() ([]byte, error) {
	if s == nil {
		return []byte("null"), nil
	}
	return queue.MarshalSettings(func(row queue.Setting) float64 {
		if v := s.Get(row); v.Known {
			return v.Value
		}
		return math.NaN()
	})
}
