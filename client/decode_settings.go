package client

import (
	"maps"
	"math"

	"paceline/queue"
)

// Settings are the settings that a server tells, by their paths on the wire and in
// its units, see [queue.Setting.Path]. What the server does not tell, or tells out of
// range, is missing: an older one knows fewer settings. The nil Settings tell none.
type Settings map[string]float64

// read implements [reader].
func (s *Settings) read(v any, _ tags) {
	*s = nil
	o, _ := v.(map[string]any)
	for _, row := range queue.SettingTable() {
		in := object(o)
		if row.Group != "" {
			in = in.object(row.Group)
		}
		if v, ok := numberOf(in[row.Key()], row.Low, row.High); ok {
			s.add(row, v)
		}
	}
}

// SettingsOf returns a queue's settings as its server tells them.
func SettingsOf(q queue.Settings) Settings {
	var s Settings
	for _, row := range queue.SettingTable() {
		if v := row.Value(q); v >= row.Low && v <= row.High {
			s.add(row, v)
		}
	}
	return s
}

// add adds a setting that is in its range, unless it has to be whole and is not.
func (s *Settings) add(row queue.Setting, v float64) {
	if row.Whole() && v != math.Trunc(v) {
		return
	}
	if *s == nil {
		*s = Settings{}
	}
	(*s)[row.Path()] = v
}

// Of returns the setting of a row.
func (s Settings) Of(row queue.Setting) Opt[float64] {
	v, ok := s[row.Path()]
	return Opt[float64]{Value: v, Known: ok}
}

// Named returns the setting with a name, and whether it is told.
func (s Settings) Named(name string) (v float64, ok bool) {
	row, ok := queue.SettingNamed(name)
	if !ok {
		return 0, false
	}
	v, ok = s[row.Path()]
	return v, ok
}

// Rows returns the rows of the settings that are told, in the order in which they
// are shown.
func (s Settings) Rows() []queue.Setting {
	var told []queue.Setting
	for _, row := range queue.SettingTable() {
		if s.Of(row).Known {
			told = append(told, row)
		}
	}
	return told
}

// With returns the settings with one changed.
func (s Settings) With(row queue.Setting, v float64) Settings {
	changed := maps.Clone(s)
	if changed == nil {
		changed = Settings{}
	}
	changed[row.Path()] = v
	return changed
}

// Rule returns the settings to compute with: unknown unless the spacing and what may
// be in flight are told, and all makes sense together. A setting that an older server
// does not know has its default.
func (s Settings) Rule() Opt[queue.Settings] {
	rule := queue.DefaultSettings()
	for _, row := range queue.SettingTable() {
		switch v := s.Of(row); {
		case v.Known:
			row.Set(&rule, v.Value)
		case row.Name == "minDelay", row.Name == "step", row.Name == "maxDelay", row.Name == "maxInFlight":
			return Opt[queue.Settings]{}
		case row.Name == "adaptiveInFlight": // older ones have one figure for both
			rule.AdaptiveInFlight = rule.MaxInFlight
		}
	}
	return Opt[queue.Settings]{Value: rule, Known: rule.Validate() == nil}.tidy()
}

// Thresholds returns the thresholds that are told over the defaults; unknown if none
// is.
func (s Settings) Thresholds() Opt[queue.Thresholds] {
	rule, known := queue.DefaultSettings(), false
	for _, row := range queue.SettingTable() {
		if v := s.Of(row); v.Known && row.Group != "" {
			row.Set(&rule, v.Value)
			known = true
		}
	}
	return Opt[queue.Thresholds]{Value: rule.Thresholds, Known: known}.tidy()
}

// MarshalJSON writes the settings as the wire has them, null for each one that is
// missing; null if none is told.
func (s Settings) MarshalJSON() ([]byte, error) {
	if s == nil {
		return []byte("null"), nil
	}
	return queue.MarshalSettings(func(row queue.Setting) float64 {
		if v := s.Of(row); v.Known {
			return v.Value
		}
		return math.NaN()
	})
}
