//===- Text.cpp - Prompts and conversations -------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/llm-run/Text.h"
#include "runtime/base/MappedFile.h"
#include "runtime/generate/ModelStep.h"
#include "runtime/generate/Session.h"
#include "runtime/generate/tokenizer/Tokenizer.h"
#include "tools/common/Progress.h"

#include <csignal>
#include <iostream>
#include <unistd.h>

using namespace weft;

using Clock = std::chrono::steady_clock;

static const Clock::time_point processStart = Clock::now();

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

void tool::TextFlags::addTo(CLI::App &app) {
  auto *group = app.add_option_group("Language models");
  SamplingOptions &sampling = generate.sampling;
  group->add_option("--prompt", prompt, "a text to continue, or to answer")
      ->type_name("TEXT");
  group->add_flag("--chat", isChat,
                  "answers with the model's chat template; without --prompt, "
                  "line by line from stdin");
  group->add_option("--system", system, "the system message of the chat")
      ->type_name("TEXT");
  group
      ->add_option("--chat-template", chatTemplate,
                   "a Jinja template instead of the model's")
      ->type_name("FILE");
  group
      ->add_option("--max-tokens", generate.maxTokens,
                   "of the answer (default: until the model ends it, or the "
                   "context is full)")
      ->check(CLI::Range(1, 1 << 30))
      ->type_name("N");
  group
      ->add_option("--temperature", sampling.temperature,
                   "0 takes the most probable token")
      ->capture_default_str()
      ->type_name("T");
  group
      ->add_option("--top-k", sampling.topK,
                   "draws among the K most probable tokens (0: all)")
      ->capture_default_str()
      ->type_name("K");
  group
      ->add_option("--top-p", sampling.topP,
                   "draws among the most probable tokens that together have "
                   "probability P")
      ->capture_default_str()
      ->type_name("P");
  group
      ->add_option("--min-p", sampling.minP,
                   "draws among tokens at least P times as probable as the "
                   "most probable one")
      ->capture_default_str()
      ->type_name("P");
  group
      ->add_option("--repetition-penalty", sampling.repetitionPenalty,
                   "above 1: tokens that the text has are less probable")
      ->capture_default_str()
      ->type_name("X");
  group->add_option("--seed", sampling.seed, "the same one gives the same text")
      ->check(wholeNumber())
      ->capture_default_str()
      ->type_name("N");
  group
      ->add_option("--stop", generate.stops,
                   "ends the answer before this text (any number of times)")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false)
      ->type_name("TEXT");
  for (const char *name : {"--system", "--chat-template", "--max-tokens",
                           "--temperature", "--top-k", "--top-p", "--min-p",
                           "--repetition-penalty", "--seed", "--stop"})
    answerOptions.push_back(group->get_option(name));
  group
      ->add_option("--perplexity", perplexity,
                   "prints the perplexity of a text file, of the second half "
                   "of each stretch of --perplexity-context tokens, as "
                   "llama.cpp does")
      ->type_name("FILE.txt");
  group
      ->add_option("--perplexity-context", perplexityContext,
                   "tokens of each stretch; at most the artifact's context")
      ->check(CLI::Range(4, 1 << 30))
      ->capture_default_str()
      ->type_name("N");
  group
      ->add_option("--tokens", tokens,
                   "integers [tokens] or [sequences, tokens], for --logits")
      ->type_name("IN.npy");
  group
      ->add_option("--logits", logits,
                   "writes the logits after each of --tokens: f32, with the "
                   "vocabulary as last dimension")
      ->type_name("OUT.npy");
}

//===----------------------------------------------------------------------===//
// Signals
//===----------------------------------------------------------------------===//

static std::atomic<bool> isInterrupted = false; // ends an answer
static std::atomic<bool> isTerminated = false;  // ends a conversation too

static void interrupt(int signal) {
  if (signal == SIGTERM)
    isTerminated = true;
  // The second time, someone is in earnest.
  if (isInterrupted.exchange(true))
    _exit(128 + signal);
}

/// A call that waits, as for a line of input, ends too.
static void catchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

//===----------------------------------------------------------------------===//
// Answers
//===----------------------------------------------------------------------===//

static double perSecond(size_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

static void printSpeed(const Generated &answer, double firstToken) {
  size_t computed = answer.promptTokens - answer.cachedTokens;
  std::fprintf(stderr, "prompt %zu tokens", answer.promptTokens);
  if (answer.cachedTokens != 0)
    std::fprintf(stderr, " (%zu of them known)", answer.cachedTokens);
  std::fprintf(stderr, ", %.1f tokens/s; ",
               perSecond(computed, answer.promptSeconds));
  // The first token comes with the prompt.
  size_t later = answer.tokens.empty() ? 0 : answer.tokens.size() - 1;
  std::fprintf(stderr, "generated %zu tokens, %.1f tokens/s",
               answer.tokens.size(), perSecond(later, answer.generateSeconds));
  if (firstToken > 0)
    std::fprintf(stderr, "; first token %.3f s after the start", firstToken);
  std::fputc('\n', stderr);
}

static void printEnd(const Generated &answer, int64_t context) {
  if (answer.end == Generated::End::Cancelled)
    std::fputs("stopped\n", stderr);
  if (answer.end == Generated::End::Context)
    std::fprintf(stderr,
                 "the context of %lld tokens is full; compile with a greater "
                 "--context for longer texts\n",
                 static_cast<long long>(context));
}

namespace {
/// Prints answers as they come.
class Speaker {
public:
  Speaker(TextGenerator &generator, const tool::TextFlags &flags)
      : generator(generator), options(flags.generate) {
    options.cancel = &isInterrupted;
    options.onText = [this](std::string_view piece) {
      if (firstToken == 0)
        firstToken =
            std::chrono::duration<double>(Clock::now() - processStart).count();
      // Nobody would see the rest; the tool's end says what is wrong.
      if (std::fwrite(piece.data(), 1, piece.size(), stdout) != piece.size() ||
          std::fflush(stdout) != 0)
        isInterrupted = true;
      endsLine = piece.ends_with('\n');
    };
  }

  StatusOr<Generated> say(const std::string &prompt, bool isRendered) {
    endsLine = false;
    bool isFirst = firstToken == 0;
    StatusOr<Generated> answer = isRendered
                                     ? generator.generate(prompt, options)
                                     : generator.complete(prompt, options);
    if (!answer)
      return answer;
    if (!endsLine)
      std::fputc('\n', stdout);
    std::fflush(stdout);
    printEnd(*answer, generator.description().context);
    printSpeed(*answer, isFirst ? firstToken : 0);
    return answer;
  }

private:
  TextGenerator &generator;
  GenerateOptions options;
  double firstToken = 0; // seconds after the process began
  bool endsLine = false;
};
} // namespace

/// The prompt of a conversation that leaves room for an answer. The oldest
/// questions, with their answers, go first where it is too long; the system
/// message and the last question stay.
static StatusOr<std::string> renderWithin(TextGenerator &generator,
                                          std::vector<ChatMessage> &messages,
                                          const GenerateOptions &options) {
  auto context = static_cast<size_t>(generator.description().context);
  size_t room = std::min<size_t>(context / 4, 256);
  if (options.maxTokens != 0)
    room = std::min<size_t>(room, options.maxTokens);
  size_t oldest = messages.front().role == "system" ? 1 : 0, forgotten = 0;
  while (true) {
    StatusOr<std::string> prompt = generator.renderChat(messages);
    if (!prompt)
      return prompt;
    auto tokens = generator.tokenizer().encode(*prompt, {.addSpecial = false});
    if (!tokens)
      return tokens.status();
    if (tokens->size() + room <= context || messages.size() - oldest < 3) {
      if (forgotten != 0)
        std::fprintf(stderr,
                     "the context of %zu tokens is full: the oldest %zu "
                     "messages are forgotten; compile with a greater --context "
                     "for longer conversations\n",
                     context, forgotten);
      return prompt;
    }
    auto first = messages.begin() + static_cast<ptrdiff_t>(oldest);
    messages.erase(first, first + 2);
    forgotten += 2;
  }
}

/// One line is one message, until the input ends.
static Status converse(TextGenerator &generator, const tool::TextFlags &flags,
                       tool::Watchdog &watchdog) {
  std::vector<ChatMessage> messages;
  if (!flags.system.empty())
    messages.push_back({"system", flags.system});
  Speaker speaker(generator, flags);
  bool isTerminal = isatty(STDIN_FILENO);
  if (isTerminal)
    std::fputs("Ctrl-C stops an answer, Ctrl-D ends.\n", stderr);
  while (true) {
    isInterrupted = false;
    if (isTerminated || std::ferror(stdout))
      break;
    if (isTerminal)
      std::fputs("> ", stderr);
    std::string line;
    // A user may think.
    watchdog.pause();
    if (!std::getline(std::cin, line))
      break;
    if (line.empty())
      continue;
    watchdog.restart();
    messages.push_back({"user", line});
    StatusOr<std::string> prompt =
        renderWithin(generator, messages, flags.generate);
    if (!prompt)
      return prompt.status();
    StatusOr<Generated> answer = speaker.say(*prompt, true);
    if (!answer)
      return answer.status();
    messages.push_back({"assistant", answer->text});
  }
  if (isTerminal)
    std::fputc('\n', stderr);
  return Status::ok();
}

static Status answerPrompt(TextGenerator &generator,
                           const tool::TextFlags &flags) {
  std::string prompt = *flags.prompt;
  if (flags.isChat) {
    std::vector<ChatMessage> messages;
    if (!flags.system.empty())
      messages.push_back({"system", flags.system});
    messages.push_back({"user", prompt});
    StatusOr<std::string> rendered = generator.renderChat(messages);
    if (!rendered)
      return rendered.status();
    prompt = std::move(*rendered);
  }
  StatusOr<Generated> answer =
      Speaker(generator, flags).say(prompt, flags.isChat);
  return answer ? Status::ok() : answer.status();
}

Status tool::TextFlags::check() const {
  if (!prompt && !isChat)
    for (const CLI::Option *option : answerOptions)
      if (option->count() != 0)
        return Status::error(option->get_name() +
                             " belongs to a text; add --prompt or --chat");
  if (!isChat && (!system.empty() || !chatTemplate.empty()))
    return Status::error("--system and --chat-template belong to a "
                         "conversation; add --chat");
  if (tokens.empty() != logits.empty())
    return Status::error("--tokens and --logits go together");
  int count = (prompt || isChat) + !perplexity.empty() + !tokens.empty();
  if (count > 1)
    return Status::error("--prompt or --chat, --perplexity, and --logits "
                         "exclude each other");
  return Status::ok();
}

/// Errors name the artifact.
static Status named(const tool::LoadFlags &load, const Status &status) {
  if (!status && !status.message().starts_with("artifact '"))
    return Status::error("'" + load.artifact + "': " + status.message());
  return status;
}

/// --tokens and --logits, which need no tokenizer.
static Status runTokens(const tool::LoadFlags &load,
                        const tool::TextFlags &flags, const RunOptions &run,
                        tool::Watchdog &watchdog) {
  tool::Progress progress("loading " + load.artifact);
  StatusOr<Model> model = Model::load(load.artifact, load.options());
  progress.end();
  if (!model)
    return model.status();
  tool::printNotes(model->notes());
  StatusOr<ModelStep> step = ModelStep::create(*model);
  if (!step)
    return step.status();
  step->options.timeout = run.timeout;
  step->options.onCommand = run.onCommand;
  Session session(*step);
  watchdog.restart();
  return writeLogits(session, flags);
}

Status tool::runText(const LoadFlags &load, const TextFlags &flags,
                     const RunOptions &run, Watchdog &watchdog) {
  if (!flags.tokens.empty())
    return named(load, runTokens(load, flags, run, watchdog));
  Progress progress("loading " + load.artifact);
  StatusOr<TextGenerator> generator =
      TextGenerator::load(load.artifact, load.options());
  progress.end();
  if (!generator)
    return generator.status();
  printNotes(generator->notes());
  generator->runOptions().timeout = run.timeout;
  generator->runOptions().onCommand = run.onCommand;
  watchdog.restart();
  auto dispatch = [&]() -> Status {
    if (!flags.perplexity.empty())
      return scoreText(*generator, flags);
    if (!flags.chatTemplate.empty()) {
      StatusOr<MappedFile> file = MappedFile::open(flags.chatTemplate);
      if (!file)
        return file.status();
      WEFT_RETURN_IF_ERROR(generator->setChatTemplate(
          {reinterpret_cast<const char *>(file->bytes().data()),
           file->bytes().size()}));
    }
    catchInterrupts();
    return flags.prompt ? answerPrompt(*generator, flags)
                        : converse(*generator, flags, watchdog);
  };
  return named(load, dispatch());
}
