package price

import "strings"

// Provider writes the name of a provider the one way that the catalogue does.
// Meters, LiteLLM and OpenTelemetry each have spellings of their own, and the
// clouds sell other makers' models at their own prices, so "azure" and "openai"
// are two.
func Provider(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if strings.HasPrefix(name, "vertex_ai") || name == "gcp.vertex_ai" || name == "vertex" {
		return "vertex_ai"
	}
	switch name {
	case "text-completion-openai":
		return "openai"
	case "gemini", "gcp.gemini", "gcp.gen_ai", "google ai", "google_ai", "google-gla":
		return "google"
	case "bedrock_converse", "aws.bedrock", "amazon bedrock", "amazon-bedrock", "aws_bedrock", "aws":
		return "bedrock"
	case "azure.ai.openai", "azure openai", "azure_openai", "azure_text":
		return "azure"
	case "azure.ai.inference", "az.ai.inference":
		return "azure_ai"
	case "mistral_ai", "mistralai", "mistral ai":
		return "mistral"
	case "cohere_chat":
		return "cohere"
	case "x_ai", "x-ai", "x.ai":
		return "xai"
	case "together", "together ai":
		return "together_ai"
	case "fireworks":
		return "fireworks_ai"
	case "meta_llama", "meta-llama":
		return "meta"
	case "moonshotai", "moonshot-ai":
		return "moonshot"
	}
	return name
}

// knownProviders are those that stand before a slash in the name of a model whose
// provider is not given.
const knownProviders = " openai anthropic google vertex_ai bedrock azure azure_ai mistral cohere xai deepseek groq together_ai fireworks_ai perplexity cerebras openrouter "

// splitProvider cuts the provider off a name such as openai/gpt-4o: the given
// one, or, where none is given, one that is known. Other slashes are the name's
// own: deepseek-ai/DeepSeek-V3, and openai/gpt-4o as OpenRouter sells it.
func splitProvider(provider, model string) (of, rest string, ok bool) {
	before, after, found := strings.Cut(model, "/")
	of = Provider(before)
	ok = of == provider || (provider == "" && strings.Contains(knownProviders, " "+of+" "))
	return of, after, found && after != "" && ok
}
