package serve

import (
	"net/url"
	"os"
	"strings"

	"paceline/queue"
	"paceline/queue/gateway"
	"paceline/queue/price"
	"paceline/ui/cli/command"
)

// maxKeyFile is the size of the longest key, in bytes.
const maxKeyFile = 4 << 10

// gatewayOptions returns the options of the gateway. The upstream is nil where the
// API is simulated.
func (p *process) gatewayOptions() (gateway.Options, error) {
	f := p.flags
	o := gateway.Options{
		Caller: gatewayCaller, KeepAlive: f.keepAlive, BodyDisk: int64(f.bodyDisk), Log: gatewayLog(p.queueFlags.Log, p.Err),
		Chat: gateway.Chat{Model: f.model, FastModel: f.fastModel, System: f.system, MaxTokens: f.maxTokens},
	}
	var err error
	if o.Prices, err = readPrices(f.pricesFile); err != nil || f.upstreamURL == "" {
		return o, err
	}
	u, err := url.Parse(f.upstreamURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return o, command.Usagef("--upstream must be a base URL alone, such as https://api.anthropic.com") // it may hold a secret
	}
	o.Upstream = u
	if o.Key, err = p.readKey(f.keyFile, command.KeyVariable); err != nil {
		return o, err
	}
	if o.AdminKey, err = p.readKey(f.adminKeyFile, adminKeyVariable); err != nil {
		return o, err
	}
	o.ModelGroups, err = readModelGroups(f.modelGroups)
	return o, err
}

// readModelGroups reads the groups of models from a file; without one they are nil.
func readModelGroups(file string) (queue.ModelGroups, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, command.Failf("the groups of models cannot be read: %v", err)
	}
	defer func() { _ = f.Close() }()
	groups, err := queue.ReadModelGroups(f)
	if err != nil {
		return nil, command.Failf("%s: %v", file, err)
	}
	return groups, nil
}

// readPrices reads a table of prices; without a file it is the one that is built in.
func readPrices(file string) (*price.Table, error) {
	if file == "" {
		return price.Default(), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, command.Failf("the prices cannot be read: %v", err)
	}
	defer func() { _ = f.Close() }()
	prices, err := price.Parse(f)
	if err != nil {
		return nil, command.Usagef("%s: %v", file, err)
	}
	return prices, nil
}

// readKey reads an API key from a file or, without one, from a variable of the
// environment; it is empty if there is none.
func (p *process) readKey(file, variable string) (string, error) {
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
