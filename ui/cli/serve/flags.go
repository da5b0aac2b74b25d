package serve

import (
	"strings"
	"time"

	"paceline/queue/access"
	"paceline/queue/gateway"
	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The longest durations that the flags take.
const (
	maxDrain     = time.Hour
	maxKeepAlive = 10 * time.Minute
)

// maxConnections is the most that the limits of connections may be.
const maxConnections = 1_000_000

// minBodyDisk is the least room for large requests, in bytes.
const minBodyDisk = 1_000_000

// flags are the flags of serve beside those of the queue, in the groups of its help.
type flags struct {
	access, upstream, chat, process *pflag.FlagSet

	addr       string
	allowHosts []string
	origins    []string
	tokens     string
	insecure   bool
	tlsCert    string
	tlsKey     string
	proxies    []string
	limits     access.Limits

	upstreamURL  string
	keyFile      string
	adminKeyFile string
	modelGroups  string
	pricesFile   string
	keepAlive    time.Duration
	bodyDisk     size

	model, fastModel, system string
	maxTokens                int

	drain   time.Duration
	capture string
	noState bool
}

func newFlags() *flags {
	f := &flags{}
	group := command.NewFlagGroup
	f.access, f.upstream, f.chat, f.process = group("access"), group("upstream"), group("chat"), group("process")

	f.access.StringVar(&f.addr, "addr", "127.0.0.1:3000", "address to listen on, `host:port`")
	f.access.StringArrayVar(&f.allowHosts, "allow-host", nil, "a `name`, beside localhost, that a loopback address is served under; may be repeated")
	f.access.StringArrayVar(&f.origins, "allow-origin", nil, "a web page's `origin`, such as https://app.example, vscode-webview: or null, that may ask here and read; may be repeated")
	f.access.StringVar(&f.tokens, "tokens", "", "`file` of the tokens that clients need (default "+command.TokensHint+")")
	f.access.BoolVar(&f.insecure, "insecure", false, "serve an address that others reach without tokens")
	f.access.StringVar(&f.tlsCert, "tls-cert", "", "`file` of the certificate, PEM; read again when it changes")
	f.access.StringVar(&f.tlsKey, "tls-key", "", "`file` of the certificate's key, PEM")

	f.access.StringArrayVar(&f.proxies, "trusted-proxy", nil, "`network` of proxies, such as 10.0.0.0/8, whose X-Forwarded-For tells the client; may be repeated")
	f.limits = access.DefaultLimits()
	f.access.IntVar(&f.limits.All, "max-connections", f.limits.All, "open connections in all")
	f.access.IntVar(&f.limits.Address, "max-connections-address", f.limits.Address, "open connections of one address")
	f.access.IntVar(&f.limits.Loopback, "max-connections-loopback", f.limits.Loopback, "open connections of a loopback address")

	f.upstream.StringVar(&f.upstreamURL, "upstream", "", "the API's base `URL`, such as https://api.anthropic.com (default: a simulated API)")
	f.upstream.StringVar(&f.keyFile, "key-file", "", "`file` with the API key to call with, in place of the clients'; or "+command.KeyVariable)
	f.upstream.StringVar(&f.adminKeyFile, "admin-key-file", "", "`file` with an admin key, to ask the Rate Limits API what the account allows; or "+adminKeyVariable)
	f.upstream.StringVar(&f.modelGroups, "model-groups", "", "`file` of the models that share limits, in place of the published groups: a line for each, such as opus-4: claude-opus-4-7 claude-opus-4-8")
	f.upstream.StringVar(&f.pricesFile, "prices", "", "`file` with a table of prices, in place of the one of November 2026 (format: queue/price/prices.txt)")
	f.upstream.DurationVar(&f.keepAlive, "keep-alive", 0, "a stream that is silent for longer gets its 200 early, and pings (default: never)")

	f.bodyDisk = gateway.DefaultBodyDisk
	f.upstream.Var(&f.bodyDisk, "body-disk", "`size` of the room on the disk (TMPDIR) for all large requests that wait; one beyond it gets a 503")

	f.chat.StringVar(&f.model, "model", gateway.DefaultModel, "`model` that answers")
	f.chat.StringVar(&f.fastModel, "fast-model", gateway.DefaultFastModel, "`model` that answers where a user speaks")
	f.chat.StringVar(&f.system, "system", "", "system `prompt`")
	f.chat.IntVar(&f.maxTokens, "max-tokens", gateway.DefaultMaxTokens, "longest answer")

	f.process.DurationVar(&f.drain, "drain", time.Minute, "how long what waits may go on when the server is told to stop")
	f.process.StringVar(&f.capture, "capture", "", "`file` to append what the API's answers tell of limits, times, sizes and error codes to, without names, keys, IDs and texts; at most 100 MB")
	f.process.BoolVar(&f.noState, "no-state", false, "begin with counters at zero, and keep none")
	return f
}

func (f *flags) addTo(c *cobra.Command) {
	for _, set := range []*pflag.FlagSet{f.access, f.upstream, f.chat, f.process} {
		c.Flags().AddFlagSet(set)
	}
}

// check returns an error if flags contradict each other or are out of range.
func (f *flags) check(own *command.QueueFlags) error {
	for _, name := range f.allowHosts {
		if name == "" || strings.ContainsAny(name, "/@* ") {
			return command.Usagef("--allow-host is %q: must be a name alone, such as queue.example.com", name)
		}
	}
	for _, text := range f.origins {
		if _, err := access.ParseOrigin(text); err != nil {
			return command.Usagef("--allow-origin is %q: must be a scheme and a host alone, such as https://app.example, or a scheme such as vscode-webview:, or null", text)
		}
	}
	for _, text := range f.proxies {
		if _, err := access.ParseNetwork(text); err != nil {
			return command.Usagef("--trusted-proxy is %q: must be a network such as 10.0.0.0/8, or an address", text)
		}
	}
	for _, l := range []struct {
		flag  string
		value int
	}{{"max-connections", f.limits.All}, {"max-connections-address", f.limits.Address}, {"max-connections-loopback", f.limits.Loopback}} {
		if l.value < 1 || l.value > maxConnections {
			return command.Usagef("--%s is %d: must be from 1 to %d", l.flag, l.value, maxConnections)
		}
	}
	simulated := command.ChangedFlag(own.Simulation)
	switch {
	case f.upstreamURL != "" && simulated != "" && (simulated != "users" || own.Users > 0):
		return command.Usagef("--%s is for the simulation, and with --upstream there is none: leave one of them out", simulated)
	case f.upstreamURL == "" && f.keyFile != "":
		return command.Usagef("--key-file is for a real API: add --upstream, such as --upstream https://api.anthropic.com")
	case f.upstreamURL == "" && f.adminKeyFile != "":
		return command.Usagef("--admin-key-file is for a real API: add --upstream, such as --upstream https://api.anthropic.com")
	case f.upstreamURL == "" && f.modelGroups != "":
		return command.Usagef("--model-groups is for a real API: add --upstream, such as --upstream https://api.anthropic.com")
	case (f.tlsCert == "") != (f.tlsKey == ""):
		return command.Usagef("--tls-cert and --tls-key go together: give both, or none")
	case f.drain < 0 || f.drain > maxDrain:
		return command.Usagef("--drain is %v: must be from 0s to %v", f.drain, maxDrain)
	case f.keepAlive != 0 && (f.keepAlive < time.Second || f.keepAlive > maxKeepAlive):
		return command.Usagef("--keep-alive is %v: must be from 1s to %v, or 0 for never", f.keepAlive, maxKeepAlive)
	case f.bodyDisk < minBodyDisk:
		return command.Usagef("--body-disk is %v: must be at least %v", &f.bodyDisk, new(size(minBodyDisk)))
	case f.maxTokens < 1:
		return command.Usagef("--max-tokens is %d: must be at least 1", f.maxTokens)
	default:
		return nil
	}
}
