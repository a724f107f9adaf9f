// SPDX-License-Identifier: BSL-1.0
// Our parse of descriptions beside that of Twisted, the original. Needs a Python with Twisted
// (python3-twisted).
#include "support/missing.hpp"

#include <holdfast/endpoints/description.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace
{
using holdfast::description;

std::string to_hex(std::string_view text)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    for (const char c : text)
    {
        hex += digits[static_cast<unsigned char>(c) >> 4];
        hex += digits[static_cast<unsigned char>(c) & 15];
    }
    return hex;
}

/// What the oracle says of each text.
struct oracle
{
    explicit oracle(const std::vector<std::string>& texts)
    {
        const auto path = testing::TempDir() + "descriptions." + std::to_string(::getpid());
        {
            std::ofstream file(path);
            for (const auto& text : texts)
                file << to_hex(text) << '\n';
        }
        const auto command =
            "'" HOLDFAST_PYTHON "' '" HOLDFAST_DESCRIPTION_ORACLE "' < '" + path + "'";
        if (std::FILE* pipe = ::popen(command.c_str(), "r"))
        {
            std::string line;
            for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
            {
                if (c != '\n')
                    line += static_cast<char>(c);
                else
                    answers.push_back(std::exchange(line, {}));
            }
            status = ::pclose(pipe);
        }
        std::remove(path.c_str());
    }

    bool missing() const { return WIFEXITED(status) && WEXITSTATUS(status) == 77; }

    std::vector<std::string> answers;
    int status = -1;
};

/// Our parse in the words of the oracle.
std::string words(const std::string& text)
{
    try
    {
        const auto d = holdfast::parse_description(text);
        std::string line = "p" + to_hex(d.prefix);
        for (const auto& a : d.positional)
            line += " p" + to_hex(a.value);
        for (const auto& k : d.keywords)
            line += " k" + to_hex(k.key) + "=" + to_hex(k.value.value);
        return line;
    }
    catch (const holdfast::description_error&)
    {
        return "refused";
    }
}

/// Whether `text` is one of those that we take otherwise than Twisted on purpose:
/// URLs, IPv6 addresses in brackets, and what we refuse where Twisted takes something: a key that
/// is empty or given twice (Twisted: the last one counts).
std::optional<std::string> intended_difference(const std::string& text)
{
    if (text.starts_with("x://"))
        return "URL";
    for (auto at = text.find('['); at != text.npos; at = text.find('[', at + 1))
    {
        // Only where an argument begins, and only if it is closed again after two colons.
        const auto end = text.find(']', at);
        if ((text[at - 1] == ':' || text[at - 1] == '=') && end != text.npos &&
            std::count(text.begin() + static_cast<std::ptrdiff_t>(at),
                       text.begin() + static_cast<std::ptrdiff_t>(end), ':') >= 2)
            return "brackets";
    }
    if (words(text) == "refused")
    {
        try
        {
            holdfast::parse_description(text);
        }
        catch (const holdfast::description_error& e)
        {
            const std::string_view what = e.what();
            if (what.find("is given twice") != what.npos)
                return "key twice";
            if (what.find("nothing stands before \"=\"") != what.npos)
                return "empty key";
        }
    }
    return std::nullopt;
}

TEST(description_oracle, CS_70_descriptions_are_taken_apart_as_twisted_does_it)
{
    std::mt19937 random(70);
    constexpr std::string_view alphabet = "ab1::::==\\\\/[]%.@ ";
    std::vector<std::string> texts;
    for (int i = 0; i < 20'000; ++i)
    {
        std::string text = "x";
        if (const auto length = random() % 20; length != 0)
        {
            text += ':';
            for (auto n = length; n > 0; --n)
                text += alphabet[random() % alphabet.size()];
        }
        texts.push_back(std::move(text));
    }

    const oracle twisted(texts);
    SKIP_UNLESS(!twisted.missing(), HOLDFAST_PYTHON " has no Twisted");
    ASSERT_EQ(twisted.status, 0);
    ASSERT_EQ(twisted.answers.size(), texts.size());
    std::map<std::string, int> excepted;
    int refused = 0;
    for (std::size_t i = 0; i < texts.size(); ++i)
    {
        if (const auto why = intended_difference(texts[i]))
            ++excepted[*why];
        else
            ASSERT_EQ(words(texts[i]), twisted.answers[i]) << texts[i];
        refused += twisted.answers[i] == "refused" ? 1 : 0;
    }
    // Each kind was met, and most texts were compared.
    EXPECT_GT(refused, 100);
    EXPECT_EQ(excepted.size(), 4U);
    int sum = 0;
    for (const auto& [why, count] : excepted)
        sum += count;
    EXPECT_LT(sum, 8'000);
}

TEST(description_oracle, CS_75_twisted_reads_what_we_quote_and_print)
{
    std::mt19937 random(75);
    constexpr std::string_view alphabet = "ab1:=\\/[]%.@ \n";
    const auto any_text = [&]
    {
        std::string text(random() % 8, ' ');
        for (char& c : text)
            c = alphabet[random() % alphabet.size()];
        return text;
    };
    std::vector<std::string> texts;
    std::vector<std::string> expected;
    for (int i = 0; i < 5'000; ++i)
    {
        description d{.prefix = "x"};
        for (auto count = random() % 4; count > 0; --count)
            d.positional.push_back({any_text()});
        for (auto count = random() % 4; count > 0; --count)
            d.keywords.push_back({std::to_string(count) + any_text(), {any_text()}});
        texts.push_back(to_string(d));
        expected.push_back(words(texts.back()));
        ASSERT_NE(expected.back(), "refused");
    }
    const oracle twisted(texts);
    SKIP_UNLESS(!twisted.missing(), HOLDFAST_PYTHON " has no Twisted");
    ASSERT_EQ(twisted.status, 0);
    ASSERT_EQ(twisted.answers.size(), texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i)
        ASSERT_EQ(twisted.answers[i], expected[i]) << texts[i];
}
}
