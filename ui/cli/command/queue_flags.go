package command

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
	"paceline/ui/cli/logging"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"paceline/queue/human"
)

// maxInFlightFlag sets what may be in flight for both paces.
const maxInFlightFlag = "max-in-flight"

// The highest values of the flags.
const (
	maxUsers     = 1000      // simulated ones
	MaxDrawnSeed = 1_000_000 // short enough to be typed again
)

// QueueFlags are those of the commands that have a queue of their own: the demo
// and serve.
type QueueFlags struct {
	Pace       *pflag.FlagSet // the queue's settings
	Simulation *pflag.FlagSet // what is simulated
	Logs       *pflag.FlagSet
	Users      int
	scene      string
	Seed       uint64
	Tier       string // only where WithTier was called; empty: none
	Log        string
	paceName   string
	Settings   queue.Settings
}

// NewQueueFlags returns the flags with their defaults, and the pace as it is
// without a flag.
func NewQueueFlags(pace string) *QueueFlags {
	f := &QueueFlags{
		Pace:       pflag.NewFlagSet("queue", pflag.ContinueOnError),
		Simulation: pflag.NewFlagSet("simulation", pflag.ContinueOnError),
		Logs:       pflag.NewFlagSet("log", pflag.ContinueOnError),
		Settings:   queue.DefaultSettings(),
	}
	s := &f.Settings
	f.Simulation.IntVar(&f.Users, "users", sim.DefaultUsers, "simulated users, 0 to 1000")
	f.Simulation.StringVar(&f.scene, "scene", "", "play only this scene: "+List(sim.Scenes()))
	f.Simulation.Uint64Var(&f.Seed, "seed", 0, "repeat the run that had this seed (default: a new one each time)")
	f.Logs.StringVar(&f.Log, "log", logging.Pretty, "how the log is written: "+List(logging.Formats()))
	f.Pace.StringVar(&f.paceName, "pace", pace, "what decides the next start: adaptive, the API's limits as its answers show them, or spaced, the rule below alone")
	for _, row := range queue.SettingTable() {
		f.Pace.Var(settingFlag{row, s}, flagOf(row.Name), row.Does)
	}
	f.Pace.Lookup(maxInFlightFlag).Usage += "; with --pace adaptive, too, where it is given"
	for _, set := range f.sets() {
		set.SortFlags = false
	}
	return f
}

// WithTier adds the flag of an account's limits, for a simulated API that is
// reached over HTTP.
func (f *QueueFlags) WithTier() {
	f.Simulation.StringVar(&f.Tier, "tier", "", "limits that the simulated API keeps for clients, by `name` of a usage tier: "+List(sim.TierNames())+" (default: none but the scene's requests a minute)")
}

func (f *QueueFlags) sets() []*pflag.FlagSet { return []*pflag.FlagSet{f.Pace, f.Simulation, f.Logs} }

// AddTo gives the flags to a command, with completion.
func (f *QueueFlags) AddTo(c *cobra.Command) {
	for _, set := range f.sets() {
		c.Flags().AddFlagSet(set)
	}
	Complete(c, "scene", sim.Scenes()...)
	Complete(c, "log", logging.Formats()...)
	Complete(c, "pace", queue.PaceAdaptive, queue.PaceSpaced)
	if f.Simulation.Lookup("tier") != nil {
		Complete(c, "tier", sim.TierNames()...)
	}
}

// Changed returns the name of a flag that was given, or "".
func (f *QueueFlags) Changed() string {
	for _, set := range f.sets() {
		if name := ChangedFlag(set); name != "" {
			return name
		}
	}
	return ""
}

// Check refuses what makes no sense, and draws a seed if none was given.
func (f *QueueFlags) Check() error {
	if f.Users < 0 || f.Users > maxUsers {
		return Usagef("--users is %d: must be from 0 to %d", f.Users, maxUsers)
	}
	if f.scene != "" {
		if err := OneOf("scene", f.scene, sim.Scenes()...); err != nil {
			return err
		}
	}
	if f.Tier != "" {
		if err := OneOf("tier", f.Tier, sim.TierNames()...); err != nil {
			return err
		}
	}
	if err := OneOf("log", f.Log, logging.Formats()...); err != nil {
		return err
	}
	if err := OneOf("pace", f.paceName, queue.PaceAdaptive, queue.PaceSpaced); err != nil {
		return err
	}
	f.Settings.Adaptive = f.paceName == queue.PaceAdaptive
	if err := f.Settings.Validate(); err != nil {
		return SettingsError(err)
	}
	if given := f.Pace.Changed; given(maxInFlightFlag) && !given("adaptive-in-flight") { // one figure, whatever decides
		f.Settings.AdaptiveInFlight = f.Settings.MaxInFlight
	}
	if !f.Simulation.Lookup("seed").Changed {
		f.Seed = rand.Uint64N(MaxDrawnSeed)
	}
	return nil
}

// NewQueue returns a queue with the settings of the flags.
func (f *QueueFlags) NewQueue(options ...queue.Option) (*queue.Queue, error) {
	q, err := queue.New(f.Settings, append(options, queue.Seed(f.Seed))...)
	if err != nil {
		return nil, SettingsError(err)
	}
	return q, nil
}

// StartDemo starts the demo that the flags describe: a simulated API and users of q, which
// is to have been on for past.
func (f *QueueFlags) StartDemo(q *queue.Queue, past time.Duration) (*sim.Demo, error) {
	demo, err := sim.StartDemo(q, sim.DemoOptions{Users: f.Users, Scene: f.scene, Seed: f.Seed, Past: past, OnPanic: UsersPanic(q)})
	if err != nil {
		return nil, Usagef("%v", err)
	}
	return demo, nil
}

// UsersPanic returns what a demo of q calls when one of its users panics.
func UsersPanic(q *queue.Queue) func(value any, stack []byte) {
	return func(value any, stack []byte) { q.ReportPanic(queue.PartUsers, value, stack) }
}

// Account returns the account that the simulated API keeps for each organization;
// nil for none.
func (f *QueueFlags) Account() (*sim.AccountSettings, error) {
	if f.Tier == "" {
		return nil, nil
	}
	s, err := sim.TierAccount(f.Tier, f.Seed)
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// SettingsError returns what the queue says about its settings, in the names of the
// flags.
func SettingsError(err error) error { return FlagsError(err, "queue", nil) }

// settingFlag is the flag of a setting.
type settingFlag struct {
	row queue.Setting
	s   *queue.Settings
}

// String implements pflag.Value. It is also asked of a flag that is none.
func (f settingFlag) String() string {
	if f.s == nil {
		return ""
	}
	v := f.row.Value(*f.s)
	if f.row.Unit == queue.Milliseconds {
		return (time.Duration(v) * time.Millisecond).String()
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// Set implements pflag.Value. The range is checked later, with that of the others.
func (f settingFlag) Set(text string) (err error) {
	var v float64
	switch f.row.Unit {
	case queue.Milliseconds:
		var d time.Duration
		d, err = time.ParseDuration(text)
		v = float64(d) / float64(time.Millisecond)
	case queue.Share:
		v, err = strconv.ParseFloat(text, 64)
	default:
		var n int
		n, err = strconv.Atoi(text)
		v = float64(n)
	}
	if err == nil {
		f.row.Set(f.s, v)
	}
	return err
}

// Type implements pflag.Value.
func (f settingFlag) Type() string {
	switch f.row.Unit {
	case queue.Milliseconds:
		return "duration"
	case queue.Share:
		return "float64"
	default:
		return "int"
	}
}

// ChangedFlag returns the name of a flag of the set that was given, or "".
func ChangedFlag(set *pflag.FlagSet) string {
	name := ""
	set.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			name = f.Name
		}
	})
	return name
}

// Complete offers words to the shell for a flag's value.
func Complete(c *cobra.Command, flag string, words ...string) {
	err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag does not exist, or has completion already: a slip in this package
	}
}

// PaceWords say what decides the pace.
func (f *QueueFlags) PaceWords() string {
	words := "spaced, " + Spacing(f.Settings)
	if f.Settings.Adaptive {
		words = "adaptive, as early as the limits allow that the API's answers tell; until they do, in rounds of 4, 8, 16 … at once"
	}
	return words
}

// Spacing says the spacing from start to start in words.
func Spacing(s queue.Settings) string {
	return fmt.Sprintf("%s + %s for each waiting, at most %s", human.Exact(s.MinDelay), human.Exact(s.Step), human.Exact(s.MaxDelay))
}
