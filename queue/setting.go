package queue

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"paceline/queue/human"
)

// Setting is one row of the table of settings: everything there is to know of one
// setting. Validation, the wire, changes while the queue runs, the flags of the
// commands, Prometheus, the monitor and README's table all come from the row, so
// a new setting is a field of [Settings], a row, and the code that obeys it.
//
// Default, Low and High are in the unit of the wire, see [Unit].
type Setting struct {
	Name    string // its label and, in kebab case, its flag: "minDelay"
	Group   string // the object of the wire that it lies in: "thresholds"; empty for none
	Unit    Unit
	Default float64
	Low     float64
	High    float64
	Floor   string // the Name of the setting that it cannot be below; empty for none
	Does    string // what it does, in at most 33 cells
	Effect  string // what a greater or a smaller value costs or brings

	field func(*Settings) any // a *time.Duration for Milliseconds, a *float64 for Share, else an *int
}

// Unit is what a setting is measured in, on the wire and in [Setting.Value].
type Unit uint8

// The units of settings.
const (
	Milliseconds Unit = iota // whole ones on the wire
	Requests                 // a whole number of requests or calls
	Attempts                 // a whole number of attempts
	Share                    // from 0 to 1
)

// The widest values that a setting may take: what lies above is a slip of the
// keyboard.
const (
	hour       = 60 * 60 * 1000 // milliseconds
	day        = 24 * hour
	mostCount  = 1_000_000
	mostTries  = 100
	thresholds = "thresholds" // the group of the limits of the health verdict
)

// settingTable has a row for each setting, in the order in which they are shown.
var settingTable = [...]Setting{
	{
		Name: "minDelay", Unit: Milliseconds, Default: 1500, High: hour,
		Does:   "least time between two starts",
		Effect: "Longer is gentler on the API, shorter serves more requests a minute.",
		field:  func(s *Settings) any { return &s.MinDelay },
	},
	{
		Name: "step", Unit: Milliseconds, Default: 200, High: hour,
		Does:   "added for each waiting request",
		Effect: "Greater slows a long line and hits fewer limits; 0 is fixed spacing.",
		field:  func(s *Settings) any { return &s.Step },
	},
	{
		Name: "maxDelay", Unit: Milliseconds, Default: 10_000, High: hour, Floor: "minDelay",
		Does:   "longest time between two starts",
		Effect: "Shorter empties a long line sooner and may meet the API's limit.",
		field:  func(s *Settings) any { return &s.MaxDelay },
	},
	{
		Name: "maxInFlight", Unit: Requests, Default: 16, Low: 1, High: mostCount,
		Does:   "calls at once on spaced lanes",
		Effect: "More keep slow answers from holding up the line.",
		field:  func(s *Settings) any { return &s.MaxInFlight },
	},
	{
		Name: "adaptiveInFlight", Unit: Requests, Default: 1000, Low: 1, High: mostCount,
		Does:   "calls at once on adaptive lanes",
		Effect: "Where the API's limits decide the pace, maxInFlight does not hold, and this does.",
		field:  func(s *Settings) any { return &s.AdaptiveInFlight },
	},
	{
		Name: "maxRun", Unit: Milliseconds, Default: 10 * 60 * 1000, Low: 1, High: day,
		Does:   "silence until a call is cut off",
		Effect: "Shorter frees the slot of a call that hangs sooner; too short cuts off slow answers.",
		field:  func(s *Settings) any { return &s.MaxRun },
	},
	{
		Name: "maxQueue", Unit: Requests, Default: 1000, Low: 1, High: mostCount,
		Does:   "requests that may wait",
		Effect: "One more is refused at the door.",
		field:  func(s *Settings) any { return &s.MaxQueue },
	},
	{
		Name: "maxWait", Unit: Milliseconds, Default: 5 * 60 * 1000, Low: 1, High: day,
		Does:   "longest wait at the door",
		Effect: "A request that is expected to wait longer is refused; one that was let in waits on.",
		field:  func(s *Settings) any { return &s.MaxWait },
	},
	{
		Name: "attempts", Unit: Attempts, Default: 3, Low: 1, High: mostTries,
		Does:   "tries in all for a request",
		Effect: "1 means that nothing is tried again.",
		field:  func(s *Settings) any { return &s.Attempts },
	},
	{
		Name: "aging", Unit: Milliseconds, Default: 60 * 1000, Low: 1, High: day,
		Does:   "wait behind higher priorities",
		Effect: "After it a user's next request counts one priority higher.",
		field:  func(s *Settings) any { return &s.Aging },
	},
	{
		Name: "warnWaiting", Group: thresholds, Unit: Requests, Default: 6, Low: 1, High: mostCount,
		Does:   "waiting requests: a warning",
		Effect: "From so many on the queue is backing up, if the last has warnLastWait before it.",
		field:  func(s *Settings) any { return &s.Thresholds.WarnWaiting },
	},
	{
		Name: "warnLastWait", Group: thresholds, Unit: Milliseconds, Default: 8_000, High: day,
		Does:   "wait of the last: a warning",
		Effect: "With warnWaiting requests at least; 0 lets their number alone decide.",
		field:  func(s *Settings) any { return &s.Thresholds.WarnLastWait },
	},
	{
		Name: "criticalWaiting", Group: thresholds, Unit: Requests, Default: 20, Low: 1, High: mostCount, Floor: "warnWaiting",
		Does:   "waiting requests: critical",
		Effect: "From so many on the verdict is critical, if the last has criticalLastWait before it.",
		field:  func(s *Settings) any { return &s.Thresholds.CriticalWaiting },
	},
	{
		Name: "criticalLastWait", Group: thresholds, Unit: Milliseconds, Default: 15_000, High: day, Floor: "warnLastWait",
		Does:   "wait of the last: critical",
		Effect: "With criticalWaiting requests at least; 0 lets their number alone decide.",
		field:  func(s *Settings) any { return &s.Thresholds.CriticalLastWait },
	},
	{
		Name: "warnSuccess", Group: thresholds, Unit: Share, Default: 0.8, High: 1,
		Does:   "lower success rate: a warning",
		Effect: "Of the last 20 finished so many must succeed.",
		field:  func(s *Settings) any { return &s.Thresholds.WarnSuccess },
	},
	{
		Name: "criticalUserWait", Group: thresholds, Unit: Milliseconds, Default: 30_000, Low: 1, High: day,
		Does:   "p95 over users' waits: critical",
		Effect: "Of each user the longest wait counts, of the last minute or expected.",
		field:  func(s *Settings) any { return &s.Thresholds.CriticalUserWait },
	},
	{
		Name: "stuckAfter", Group: thresholds, Unit: Milliseconds, Default: 60_000, Low: 1, High: day,
		Does:   "time without progress: stuck",
		Effect: "While requests wait and nothing starts, finishes or sends for so long.",
		field:  func(s *Settings) any { return &s.Thresholds.StuckAfter },
	},
}

// SettingTable returns a row for each setting, in the order in which they are shown.
func SettingTable() []Setting { return slices.Clone(settingTable[:]) }

// SettingNamed returns the row with a name; false if there is none.
func SettingNamed(name string) (Setting, bool) {
	for i := range settingTable {
		if settingTable[i].Name == name {
			return settingTable[i], true
		}
	}
	return Setting{}, false
}

// SettingAt returns the row with a path on the wire, see [Setting.Path]; false if there is
// none.
func SettingAt(path string) (Setting, bool) {
	for i := range settingTable {
		if settingTable[i].Path() == path {
			return settingTable[i], true
		}
	}
	return Setting{}, false
}

// Key is the setting's key in the object of the wire that holds it: "minDelayMs".
func (s Setting) Key() string {
	if s.Unit == Milliseconds {
		return s.Name + "Ms"
	}
	return s.Name
}

// NameWords splits a name such as minDelay into its words in lower case, min and delay,
// to be joined as flags and metrics have them.
func NameWords(name string) []string {
	var words []string
	begin := 0
	for i, c := range name {
		if unicode.IsUpper(c) && i > begin {
			words = append(words, strings.ToLower(name[begin:i]))
			begin = i
		}
	}
	return append(words, strings.ToLower(name[begin:]))
}

// Path is the setting's key with its group: "minDelayMs", "thresholds.warnWaiting".
func (s Setting) Path() string { return s.prefix() + s.Key() }

// prefix is what stands before the name in messages and before the key on the wire.
func (s Setting) prefix() string {
	if s.Group != "" {
		return s.Group + "."
	}
	return ""
}

// Whole reports whether the wire takes whole numbers only.
func (s Setting) Whole() bool { return s.Unit != Share }

// Value returns the setting in settings, in the unit of the wire.
func (s Setting) Value(settings Settings) float64 {
	v := s.exact(&settings)
	if s.Unit == Milliseconds {
		return math.Trunc(v)
	}
	return v
}

// exact is Value to the nanosecond.
func (s Setting) exact(settings *Settings) float64 {
	switch field := s.field(settings).(type) {
	case *time.Duration:
		return float64(*field) / float64(time.Millisecond)
	case *int:
		return float64(*field)
	case *float64:
		return *field
	default:
		panic("queue: a setting of no known type")
	}
}

// Words writes a value that is in the unit of the wire, with its unit and exactly: what it
// says can be typed again.
func (s Setting) Words(v float64) string {
	switch s.Unit {
	case Milliseconds:
		return human.Exact(time.Duration(math.Round(v * float64(time.Millisecond))))
	case Share:
		return strconv.FormatFloat(math.Round(v*1e4)/1e2, 'f', -1, 64) + "%"
	default:
		return human.Count(int64(v))
	}
}

// ChangeWords writes a change from one value to another as an [Event] tells it: "step 200 ms →
// 0 s".
func (s Setting) ChangeWords(from, to float64) string {
	return s.Name + " " + s.Words(from) + " → " + s.Words(to)
}

// Set changes the setting in settings to a value in the unit of the wire. It does not look
// at the range, see [Settings.Validate].
func (s Setting) Set(settings *Settings, v float64) {
	const most = 1e12 // beyond every range, and within every type
	switch field := s.field(settings).(type) {
	case *time.Duration:
		*field = time.Duration(math.Round(min(max(v, -most), most) * float64(time.Millisecond)))
	case *int:
		*field = int(min(max(v, -most), most))
	case *float64:
		*field = v
	default:
		panic("queue: a setting of no known type")
	}
}

// SettingGroup reports whether the wire has an object of that name with settings in it.
func SettingGroup(name string) bool {
	return name != "" && slices.ContainsFunc(settingTable[:], func(r Setting) bool { return r.Group == name })
}

// Ceiling is the Name of the setting that it cannot be above, whose Floor it is;
// empty for none.
func (s Setting) Ceiling() string {
	for i := range settingTable {
		if settingTable[i].Floor == s.Name {
			return settingTable[i].Name
		}
	}
	return ""
}

// Range returns the least and the greatest value beside the values that the other
// settings have, by name; one that is missing there bounds nothing.
func (s Setting) Range(others func(name string) (v float64, ok bool)) (low, high float64) {
	low, high = s.Low, s.High
	if v, ok := others(s.Floor); ok {
		low = max(low, v)
	}
	if v, ok := others(s.Ceiling()); ok {
		high = min(high, v)
	}
	return low, high
}
