package sim

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
)

// fast are conditions under which every call is answered at once.
func fast() Conditions {
	c := free()
	c.Median, c.P99, c.Overloaded, c.Failures = time.Millisecond, time.Millisecond, 0, 0
	return c
}

// serve runs a handler over c on a real connection.
func serve(t *testing.T, c Conditions) (*Handler, string) {
	t.Helper()
	h := NewHandler(newAPI(t, 1, c))
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return h, server.URL
}

// sdk returns the official client for a server, as its users make it.
func sdk(url string, options ...option.RequestOption) anthropic.Client {
	return anthropic.NewClient(append([]option.RequestOption{
		option.WithoutEnvironmentDefaults(), option.WithBaseURL(url), option.WithAPIKey("sk-sim-acme-1"),
	}, options...)...)
}

func ask1(text string) anthropic.MessageNewParams {
	return anthropic.MessageNewParams{
		Model: anthropic.ModelClaudeOpus5_5, MaxTokens: 1024,
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(text))},
	}
}

func weather() []anthropic.ToolUnionParam {
	return []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{
		Name: "get_weather",
		InputSchema: anthropic.ToolInputSchemaParam{
			Properties: map[string]any{
				"city": map[string]any{"type": "string"},
				"unit": map[string]any{"enum": []string{"°C", "°F"}},
				"days": map[string]any{"type": "integer", "minimum": 3},
			},
			Required: []string{"city"},
		},
	}}}
}

func TestSDKPlain(t *testing.T) {
	_, url := serve(t, fast())
	client := sdk(url)
	got, err := client.Messages.New(t.Context(), ask1("Hello"))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Content) != 1 || !strings.HasPrefix(got.Content[0].Text, "This is a simulated answer") {
		t.Errorf("got %s, want a text that says that it is simulated", got.RawJSON())
	}
	if got.StopReason != "end_turn" || got.Model != "claude-opus-5-5" || got.Role != "assistant" ||
		got.Usage.InputTokens < 1 || got.Usage.OutputTokens < 1 || !strings.HasPrefix(got.ID, "msg_") {
		t.Errorf("got %s", got.RawJSON())
	}
}

func TestSDKStreamed(t *testing.T) {
	_, url := serve(t, fast())
	client := sdk(url, option.WithHeader("x-sim-tokens", "50"))
	stream := client.Messages.NewStreaming(t.Context(), ask1("Hello"))
	var got anthropic.Message
	for stream.Next() {
		if err := got.Accumulate(stream.Current()); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	if len(got.Content) != 1 || len(strings.Fields(got.Content[0].Text)) != 5+49 {
		t.Errorf("got %s, want 54 words", got.RawJSON())
	}
	if got.StopReason != "end_turn" || got.Usage.OutputTokens != 50 || got.Usage.InputTokens < 1 {
		t.Errorf("got %s", got.RawJSON())
	}
}

func TestSDKToolUse(t *testing.T) {
	_, url := serve(t, fast())
	client := sdk(url)
	params := ask1("Use the tool to tell the weather")
	params.Tools = weather()

	plain, err := client.Messages.New(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	stream := client.Messages.NewStreaming(t.Context(), params)
	var streamed anthropic.Message
	for stream.Next() {
		if err := streamed.Accumulate(stream.Current()); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]*anthropic.Message{"plain": plain, "streamed": &streamed} {
		if got.StopReason != "tool_use" || len(got.Content) != 2 {
			t.Fatalf("%s: got %s, want a text and a tool call", name, got.RawJSON())
		}
		call := got.Content[1].AsToolUse()
		var input struct {
			City string
			Unit string
			Days int
		}
		if err := json.Unmarshal(call.Input, &input); err != nil {
			t.Fatalf("%s: input %s: %v", name, call.Input, err)
		}
		if call.Name != "get_weather" || !strings.HasPrefix(call.ID, "toolu_") || input.City == "" || input.Unit != "°C" || input.Days != 3 {
			t.Errorf("%s: got %+v with %s", name, call, call.Input)
		}
	}
}

func TestSDKCountTokensAndModels(t *testing.T) {
	_, url := serve(t, fast())
	client := sdk(url)
	count, err := client.Messages.CountTokens(t.Context(), anthropic.MessageCountTokensParams{
		Model: anthropic.ModelClaudeHaiku5_5, Messages: ask1(strings.Repeat("word ", 100)).Messages,
	})
	if err != nil || count.InputTokens < 100 || count.InputTokens > 200 {
		t.Errorf("count of 100 words: got %+v, %v, want 100 to 200", count, err)
	}
	var ids []string
	pager := client.Models.ListAutoPaging(t.Context(), anthropic.ModelListParams{Limit: anthropic.Int(3)})
	for pager.Next() {
		ids = append(ids, pager.Current().ID)
	}
	if err := pager.Err(); err != nil || len(ids) != len(models) || ids[0] != "claude-opus-5-5" {
		t.Errorf("models: got %q, %v, want all %d", ids, err, len(models))
	}
	one, err := client.Models.Get(t.Context(), "claude-haiku-4-5-20251001", anthropic.ModelGetParams{})
	if err != nil || one.ID != "claude-haiku-4-5" || one.DisplayName != "Claude Haiku 4.5" {
		t.Errorf("one model: got %+v, %v", one, err)
	}
}
