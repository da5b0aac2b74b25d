package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
)

// question is what the SDK is asked in these tests.
func question(text string) anthropic.MessageNewParams {
	return anthropic.MessageNewParams{
		Model: anthropic.ModelClaudeSonnet5_5, MaxTokens: 1024,
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(text))},
	}
}

// streamed asks for a stream, and puts the message together.
func streamed(b *bubble, client anthropic.Client, q anthropic.MessageNewParams, options ...option.RequestOption) (m anthropic.Message, err error) {
	b.Helper()
	s := client.Messages.NewStreaming(b.Context(), q, options...)
	defer func() { _ = s.Close() }()
	for s.Next() {
		if err := m.Accumulate(s.Current()); err != nil {
			b.Fatal(err)
		}
	}
	return m, s.Err()
}

func TestSDKGetsTheSameMessagePlainAndStreamed(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		client := b.sdk(option.WithHeader("x-sim-tokens", "50"))
		var header *http.Response
		plain, err := client.Messages.New(b.Context(), question("hello"), option.WithResponseInto(&header))
		if err != nil {
			b.Fatal(err)
		}
		stream, err := streamed(b, client, question("hello"))
		if err != nil {
			b.Fatal(err)
		}
		if len(plain.Content) != 1 || len(stream.Content) != 1 || len(strings.Fields(plain.Content[0].Text)) < 50 ||
			plain.Content[0].Text != stream.Content[0].Text {
			b.Errorf("plain %s\nand streamed %s differ", plain.RawJSON(), stream.RawJSON())
		}
		if plain.StopReason != stream.StopReason || plain.Usage.OutputTokens != stream.Usage.OutputTokens || plain.Usage.InputTokens < 1 {
			b.Errorf("plain: got %q and %+v, streamed %q and %+v", plain.StopReason, plain.Usage, stream.StopReason, stream.Usage)
		}
		if got, want := b.counts(), (counts{successful: 2}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
		if got, want := header.Header.Get("Request-Id"), b.seen()[0].requestID; got != want {
			b.Errorf("request-id: got %q, want the API's, %q", got, want)
		}
	})
}

func TestSDKGetsAToolCall(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		client := b.sdk()
		q := question("use the tool to tell the weather")
		q.Tools = []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{
			Name:        "get_weather",
			InputSchema: anthropic.ToolInputSchemaParam{Properties: map[string]any{"city": map[string]any{"type": "string"}}},
		}}}
		plain, err := client.Messages.New(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		stream, err := streamed(b, client, q)
		if err != nil {
			b.Fatal(err)
		}
		for name, m := range map[string]*anthropic.Message{"plain": plain, "streamed": &stream} {
			if len(m.Content) != 2 || m.StopReason != "tool_use" {
				b.Errorf("%s: got %s, want a text and a tool call", name, m.RawJSON())
				continue
			}
			if call := m.Content[1].AsToolUse(); call.Name != "get_weather" || string(call.Input) != `{"city":"simulated city"}` {
				b.Errorf("%s: got %s %s", name, call.Name, call.Input)
			}
		}
	})
}

// What is no message does not wait, and what becomes of it is not the queue's.
func TestSDKCountsTokensAndListsModelsUnpaced(t *testing.T) {
	s := unspaced()
	s.MaxInFlight, s.MaxQueue = 1, 1
	inBubble(t, s, func(b *bubble) {
		client := b.sdk()
		hold := b.background(func() {
			_, _ = client.Messages.New(b.Context(), question("hello"), option.WithHeader("x-sim-latency", "30s"))
		})
		b.seen()
		count, err := client.Messages.CountTokens(b.Context(), anthropic.MessageCountTokensParams{
			Model: anthropic.ModelClaudeHaiku5_5, Messages: question(strings.Repeat("word ", 100)).Messages,
		})
		if err != nil || count.InputTokens < 100 || count.InputTokens > 200 {
			b.Errorf("count of 100 words: got %+v, %v, want 100 to 200", count, err)
		}
		pager := client.Models.ListAutoPaging(b.Context(), anthropic.ModelListParams{Limit: anthropic.Int(3)})
		var ids []string
		for pager.Next() {
			ids = append(ids, pager.Current().ID)
		}
		if err := pager.Err(); err != nil || len(ids) < 10 || ids[0] != "claude-opus-5-5" {
			b.Errorf("models: got %q, %v", ids, err)
		}
		one, err := client.Models.Get(b.Context(), "claude-haiku-4-5", anthropic.ModelGetParams{})
		if err != nil || one.ID != "claude-haiku-4-5" {
			b.Errorf("one model: got %+v, %v", one, err)
		}
		if r := b.queue.Report(); r.Metrics.TotalRequests != 1 || r.Metrics.Successful != 0 {
			b.Errorf("the queue counts %+v, want the message that runs and nothing else", r.Metrics)
		}
		hold()
	})
}

func TestSDKsBetasReachTheAPI(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		client := b.sdk()
		_, err := client.Beta.Messages.New(b.Context(), anthropic.BetaMessageNewParams{
			Model: anthropic.ModelClaudeSonnet5_5, MaxTokens: 10,
			Messages: []anthropic.BetaMessageParam{anthropic.NewBetaUserMessage(anthropic.NewBetaTextBlock("hello"))},
			Betas:    []anthropic.AnthropicBeta{"context-1m-2025-08-07", "never-heard-of-2026-11-23"},
		})
		if err != nil {
			b.Fatal(err)
		}
		call := b.seen()[0]
		if got, want := call.header.Values("Anthropic-Beta"), "context-1m-2025-08-07,never-heard-of-2026-11-23"; strings.Join(got, ",") != want {
			b.Errorf("anthropic-beta: got %q, want %q", got, want)
		}
		if got := call.header.Get("Anthropic-Version"); got != "2023-06-01" {
			b.Errorf("anthropic-version: got %q", got)
		}
		if call.query != "beta=true" {
			b.Errorf("query: got %q, want that of the SDK", call.query)
		}
	})
}
