package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/option"
)

// sdkV2 is version 2 of the official SDK, which speaks the API's version 2026-10-21.
type sdkV2 struct{ anthropic.Client }

func newSDKV2(over *http.Client, retries int, header ...string) sdk {
	options := []option.RequestOption{
		option.WithoutEnvironmentDefaults(), option.WithBaseURL("http://gateway"), option.WithAPIKey(bubbleKey),
		option.WithHTTPClient(over), option.WithMaxRetries(retries),
	}
	for i := 0; i < len(header); i += 2 {
		options = append(options, option.WithHeader(header[i], header[i+1]))
	}
	return sdkV2{anthropic.NewClient(options...)}
}

func (s sdkV2) params(q sdkQuestion) anthropic.MessageNewParams {
	blocks := []anthropic.ContentBlockParamUnion{anthropic.NewTextBlock(q.text)}
	if q.file != "" {
		blocks = append(blocks, anthropic.NewDocumentBlock(anthropic.FileDocumentSourceParam{FileID: q.file}))
	}
	p := anthropic.MessageNewParams{
		Model: anthropic.ModelClaudeSonnet5_5, MaxTokens: q.maxTokens,
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(blocks...)},
	}
	if q.tool {
		p.Tools = []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{
			Name:        "get_weather",
			InputSchema: anthropic.ToolInputSchemaParam{Properties: map[string]any{"city": map[string]any{"type": "string"}}},
		}}}
	}
	return p
}

func (s sdkV2) answer(m *anthropic.Message) sdkAnswer {
	a := sdkAnswer{
		stop: string(m.StopReason), input: m.Usage.InputTokens, output: m.Usage.OutputTokens,
		tier: string(m.Usage.ServiceTier), speed: string(m.Usage.Speed), geo: m.Usage.InferenceGeo,
	}
	for _, b := range m.Content {
		if call := b.AsToolUse(); b.Type == "tool_use" {
			a.tool = call.Name + string(call.Input)
		}
		a.text += b.Text
	}
	return a
}

func (s sdkV2) ask(ctx context.Context, q sdkQuestion) (sdkAnswer, error) {
	m, err := s.Messages.New(ctx, s.params(q))
	if err != nil {
		return sdkAnswer{}, err
	}
	return s.answer(m), nil
}

func (s sdkV2) stream(ctx context.Context, q sdkQuestion) (sdkAnswer, error) {
	stream := s.Messages.NewStreaming(ctx, s.params(q))
	defer func() { _ = stream.Close() }()
	var m anthropic.Message
	for stream.Next() {
		if err := m.Accumulate(stream.Current()); err != nil {
			return sdkAnswer{}, err
		}
	}
	return s.answer(&m), stream.Err()
}

func (s sdkV2) countTokens(ctx context.Context, text string) (int64, error) {
	n, err := s.Messages.CountTokens(ctx, anthropic.MessageCountTokensParams{
		Model: anthropic.ModelClaudeHaiku5_5, Messages: s.params(sdkQuestion{text: text}).Messages,
	})
	if err != nil {
		return 0, err
	}
	return n.InputTokens, nil
}

func (s sdkV2) models(ctx context.Context) (ids []string, err error) {
	pages := s.Models.ListAutoPaging(ctx, anthropic.ModelListParams{Limit: anthropic.Int(3)})
	for pages.Next() {
		ids = append(ids, pages.Current().ID)
	}
	return ids, pages.Err()
}

func (s sdkV2) model(ctx context.Context, id string) (string, error) {
	m, err := s.Models.Get(ctx, id, anthropic.ModelGetParams{})
	if err != nil {
		return "", err
	}
	return m.DisplayName, nil
}

func (s sdkV2) batch(b *anthropic.MessageBatch, err error) (sdkBatch, error) {
	if err != nil {
		return sdkBatch{}, err
	}
	n := b.RequestCounts
	return sdkBatch{b.ID, string(b.ProcessingStatus), [5]int64{n.Processing, n.Succeeded, n.Errored, n.Canceled, n.Expired}}, nil
}

func (s sdkV2) createBatch(ctx context.Context, q map[string]sdkQuestion) (sdkBatch, error) {
	var p anthropic.MessageBatchNewParams
	for id, one := range q {
		m := s.params(one)
		p.Requests = append(p.Requests, anthropic.MessageBatchNewParamsRequest{CustomID: id, Params: anthropic.MessageBatchNewParamsRequestParams{
			Model: m.Model, MaxTokens: m.MaxTokens, Messages: m.Messages, Tools: m.Tools,
		}})
	}
	return s.batch(s.Messages.Batches.New(ctx, p))
}

func (s sdkV2) getBatch(ctx context.Context, id string) (sdkBatch, error) {
	return s.batch(s.Messages.Batches.Get(ctx, id, anthropic.MessageBatchGetParams{}))
}

func (s sdkV2) cancelBatch(ctx context.Context, id string) (sdkBatch, error) {
	return s.batch(s.Messages.Batches.Cancel(ctx, id, anthropic.MessageBatchCancelParams{}))
}

func (s sdkV2) deleteBatch(ctx context.Context, id string) error {
	_, err := s.Messages.Batches.Delete(ctx, id, anthropic.MessageBatchDeleteParams{})
	return err
}

func (s sdkV2) batches(ctx context.Context) (ids []string, err error) {
	pages := s.Messages.Batches.ListAutoPaging(ctx, anthropic.MessageBatchListParams{Limit: anthropic.Int(1)})
	for pages.Next() {
		ids = append(ids, pages.Current().ID)
	}
	return ids, pages.Err()
}

func (s sdkV2) results(ctx context.Context, id string) (map[string]string, error) {
	stream := s.Messages.Batches.ResultsStreaming(ctx, id, anthropic.MessageBatchResultsParams{})
	defer func() { _ = stream.Close() }()
	all := map[string]string{}
	for stream.Next() {
		one := stream.Current()
		all[one.CustomID] = one.Result.Type
		switch r := one.Result.AsAny().(type) {
		case anthropic.MessageBatchSucceededResult:
			a := s.answer(&r.Message)
			all[one.CustomID] += " " + a.tier + a.tool
		case anthropic.MessageBatchErroredResult:
			all[one.CustomID] += ": " + r.Error.Error.Message
		}
	}
	return all, stream.Err()
}

func (s sdkV2) file(f *anthropic.FileMetadata, err error) (sdkFile, error) {
	if err != nil {
		return sdkFile{}, err
	}
	return sdkFile{f.ID, f.Filename, f.MimeType, f.SizeBytes}, nil
}

func (s sdkV2) upload(ctx context.Context, name, mediaType, content string) (sdkFile, error) {
	return s.file(s.Files.Upload(ctx, anthropic.FileUploadParams{File: anthropic.File(strings.NewReader(content), name, mediaType)}))
}

func (s sdkV2) getFile(ctx context.Context, id string) (sdkFile, error) {
	return s.file(s.Files.GetMetadata(ctx, id, anthropic.FileGetMetadataParams{}))
}

func (s sdkV2) files(ctx context.Context) (ids []string, err error) {
	pages := s.Files.ListAutoPaging(ctx, anthropic.FileListParams{Limit: anthropic.Int(1)})
	for pages.Next() {
		ids = append(ids, pages.Current().ID)
	}
	return ids, pages.Err()
}

func (s sdkV2) download(ctx context.Context, id string) (string, error) {
	answer, err := s.Files.Download(ctx, id, anthropic.FileDownloadParams{})
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	return string(content), err
}

func (s sdkV2) deleteFile(ctx context.Context, id string) error {
	_, err := s.Files.Delete(ctx, id, anthropic.FileDeleteParams{})
	return err
}

func (s sdkV2) apiError(err error) (status int, kind, requestID string, ok bool) {
	e, ok := errors.AsType[*anthropic.Error](err)
	if !ok {
		return 0, "", "", false
	}
	return e.StatusCode, string(e.Type()), e.RequestID, true
}
