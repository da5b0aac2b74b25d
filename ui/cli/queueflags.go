package cli

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
	"unicode"

	"paceline/queue"
	"paceline/queue/sim"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// maxInFlightFlag sets what may be in flight for both paces.
const maxInFlightFlag = "max-in-flight"

const (
	maxUsers     = 1000      // simulated ones
	maxDrawnSeed = 1_000_000 // short enough to be typed again
)

// queueFlags are those of the commands that have a queue of their own: the demo
// and serve.
type queueFlags struct {
	pace     *pflag.FlagSet // the queue's settings
	world    *pflag.FlagSet // what is simulated
	logs     *pflag.FlagSet
	users    int
	scene    string
	seed     uint64
	tier     string // only where withTier was called; empty: none
	log      string
	paceName string
	settings queue.Settings
}

// newQueueFlags returns the flags with their defaults, and the pace as it is
// without a flag.
func newQueueFlags(pace string) *queueFlags {
	f := &queueFlags{
		pace:     pflag.NewFlagSet("queue", pflag.ContinueOnError),
		world:    pflag.NewFlagSet("simulation", pflag.ContinueOnError),
		logs:     pflag.NewFlagSet("log", pflag.ContinueOnError),
		settings: queue.DefaultSettings(),
	}
	s := &f.settings
	f.world.IntVar(&f.users, "users", sim.DefaultUsers, "simulated users, 0 to 1000")
	f.world.StringVar(&f.scene, "scene", "", "play only this scene: "+list(sim.Scenes()))
	f.world.Uint64Var(&f.seed, "seed", 0, "repeat the run that had this seed (default: a new one each time)")
	f.logs.StringVar(&f.log, "log", logPretty, "how the log is written: "+list(logFormats()))
	f.pace.StringVar(&f.paceName, "pace", pace, "what decides the next start: adaptive, the API's limits as its answers show them, or spaced, the rule below alone")
	for _, row := range queue.SettingTable() {
		f.pace.Var(settingFlag{row, s}, kebab(row.Name), row.Does)
	}
	f.pace.Lookup(maxInFlightFlag).Usage += "; with --pace adaptive, too, where it is given"
	for _, set := range f.sets() {
		set.SortFlags = false
	}
	return f
}

// withTier adds the flag of an account's limits, for a simulated API that is
// reached over HTTP.
func (f *queueFlags) withTier() {
	f.world.StringVar(&f.tier, "tier", "", "limits that the simulated API keeps for clients, by `name` of a usage tier: "+list(tierNames())+" (default: none but the scene's requests a minute)")
}

func (f *queueFlags) sets() []*pflag.FlagSet { return []*pflag.FlagSet{f.pace, f.world, f.logs} }

// addTo gives the flags to a command, with completion.
func (f *queueFlags) addTo(c *cobra.Command) {
	for _, set := range f.sets() {
		c.Flags().AddFlagSet(set)
	}
	complete(c, "scene", sim.Scenes()...)
	complete(c, "log", logFormats()...)
	complete(c, "pace", queue.PaceAdaptive, queue.PaceSpaced)
	if f.world.Lookup("tier") != nil {
		complete(c, "tier", tierNames()...)
	}
}

// changed returns the name of a flag that was given, or "".
func (f *queueFlags) changed() string {
	for _, set := range f.sets() {
		if name := changed(set); name != "" {
			return name
		}
	}
	return ""
}

// check refuses what makes no sense, and draws a seed if none was given.
func (f *queueFlags) check() error {
	if f.users < 0 || f.users > maxUsers {
		return usagef("--users is %d: must be from 0 to %d", f.users, maxUsers)
	}
	if f.scene != "" {
		if err := oneOf("scene", f.scene, sim.Scenes()...); err != nil {
			return err
		}
	}
	if f.tier != "" {
		if err := oneOf("tier", f.tier, tierNames()...); err != nil {
			return err
		}
	}
	if err := oneOf("log", f.log, logFormats()...); err != nil {
		return err
	}
	if err := oneOf("pace", f.paceName, queue.PaceAdaptive, queue.PaceSpaced); err != nil {
		return err
	}
	f.settings.Adaptive = f.paceName == queue.PaceAdaptive
	if err := f.settings.Validate(); err != nil {
		return settingsError(err)
	}
	if given := f.pace.Changed; given(maxInFlightFlag) && !given("adaptive-in-flight") { // one figure, whatever decides
		f.settings.AdaptiveInFlight = f.settings.MaxInFlight
	}
	if !f.world.Lookup("seed").Changed {
		f.seed = rand.Uint64N(maxDrawnSeed)
	}
	return nil
}

// newQueue returns a queue with the settings of the flags.
func (f *queueFlags) newQueue(options ...queue.Option) (*queue.Queue, error) {
	q, err := queue.New(f.settings, append(options, queue.Seed(f.seed))...)
	if err != nil {
		return nil, settingsError(err)
	}
	return q, nil
}

// simulate lets a simulated world begin that uses q.
func (f *queueFlags) simulate(q *queue.Queue) (*sim.World, error) {
	world, err := sim.Start(q, sim.Options{Users: f.users, Scene: f.scene, Seed: f.seed, OnPanic: usersPanic(q)})
	if err != nil {
		return nil, usagef("%v", err)
	}
	return world, nil
}

// usersPanic notes what panics in a simulated world of q.
func usersPanic(q *queue.Queue) func(value any, stack []byte) {
	return func(value any, stack []byte) { q.Caught(queue.PartUsers, value, stack) }
}

// account returns the account that the simulated API keeps for each organization;
// nil for none.
func (f *queueFlags) account() (*sim.AccountSettings, error) {
	if f.tier == "" {
		return nil, nil
	}
	s, err := tierAccount(f.tier, f.seed)
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// settingsError says what the queue says about its settings, with the names of
// the flags in place of those of the fields.
func settingsError(err error) error {
	var said []string
	for line := range strings.Lines(err.Error()) {
		field, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "queue: "), " ")
		field = field[strings.LastIndexByte(field, '.')+1:] // without its group
		said = append(said, "--"+kebab(field)+" "+rest)
	}
	return usagef("%s", strings.Join(said, "; "))
}

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
		return "float"
	default:
		return "int"
	}
}

// kebab writes a field's name, minDelay, as a flag's, min-delay.
func kebab(field string) string {
	var b strings.Builder
	for _, c := range field {
		if unicode.IsUpper(c) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// changed returns the name of a flag of the set that was given, or "".
func changed(set *pflag.FlagSet) string {
	name := ""
	set.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			name = f.Name
		}
	})
	return name
}

// complete offers words to the shell for a flag's value.
func complete(c *cobra.Command, flag string, words ...string) {
	err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag does not exist, or has completion already: a slip in this package
	}
}

// paceWords say what decides the pace.
func (f *queueFlags) paceWords() string {
	words := "spaced, " + spacing(f.settings)
	if f.settings.Adaptive {
		words = "adaptive, as early as the limits allow that the API's answers tell; until they do, in rounds of 4, 8, 16 … at once"
	}
	return words
}

// spacing says the spacing from start to start in words.
func spacing(s queue.Settings) string {
	return fmt.Sprintf("%v + %v for each waiting, at most %v", s.MinDelay, s.Step, s.MaxDelay)
}
