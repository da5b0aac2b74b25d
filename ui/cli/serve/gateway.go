package serve

import (
	"net/url"
	"os"
	"strings"

	"paceline/queue/gateway"
	"paceline/ui/cli/command"
)

// maxKeyFile is the size of the longest key, in bytes.
const maxKeyFile = 4 << 10

// gatewayOptions returns what the flags say of the gateway. Its upstream is nil
// where the API is simulated.
func (p *process) gatewayOptions() (gateway.Options, error) {
	f := p.flags
	o := gateway.Options{
		Caller: callerOf, Admin: isAdmin, KeepAlive: f.keepAlive, Log: gatewayLog(p.queue.Log, p.Err),
		Chat: gateway.Chat{Model: f.model, FastModel: f.fastModel, System: f.system, MaxTokens: f.maxTokens},
	}
	if f.upstreamURL == "" {
		return o, nil
	}
	u, err := url.Parse(f.upstreamURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return o, command.Usagef("--upstream must be a base URL alone, such as https://api.anthropic.com") // it may hold a secret
	}
	o.Upstream = u
	if o.Key, err = p.ownKey(f.keyFile, command.KeyVariable); err != nil {
		return o, err
	}
	o.AdminKey, err = p.ownKey(f.adminKeyFile, adminKeyVariable)
	return o, err
}

// ownKey returns a key of the gateway's own, from a file or, without one, from a
// variable; empty if it has none.
func (p *process) ownKey(file, variable string) (string, error) {
	if file == "" {
		return strings.TrimSpace(p.Getenv(variable)), nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", command.Failf("the key cannot be read: %v", err)
	}
	key := strings.TrimSpace(string(b))
	if key == "" || len(key) > maxKeyFile || strings.ContainsAny(key, " \t\r\n\x00") {
		return "", command.Failf("%s holds no key: it must have the key, as it was issued, and nothing else", file)
	}
	return key, nil
}
