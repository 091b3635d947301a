#include "host/pipeline/job_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "heddle/error.hpp"
#include "host/expr/parser.hpp"
#include "host/pipeline/inputs.hpp"
#include "host/pipeline/job_toml.hpp"
#include "host/pipeline/units.hpp"

namespace heddle::pipeline {
namespace {

using Item = JobReader::Item;
constexpr std::string_view kInputForms = "write name = \"/path\", \"file.h5:/path\", \"/path@attribute\" or a number";

// Gives an error of the pieces below the place in the job file.
template <class Work>
auto at_item(const JobReader& reader, const Item& item, Work&& work) {
    try {
        return work();
    } catch (const ParseError& e) {
        throw ParseError(reader.place(item) + ": " + e.problem(), e.reason(), e.remedy(), e.line(), e.column());
    } catch (const Error& e) {
        throw ArgumentError(reader.place(item) + ": " + e.problem(), e.reason(), e.remedy());
    }
}

void check_name(const JobReader& reader, const Item& item) {
    if (!is_identifier(last_key(item.key)))
        reader.fail(item, "this is no name", "a name is letters, digits and '_', and does not start with a digit",
                    "choose another one");
}

// One expression, which assigns nothing itself.
std::string read_expression(const JobReader& reader, const Item& item) {
    auto text = reader.expression(item);
    const auto module = at_item(reader, item, [&] { return expr::parse(text); });
    if (module.statements.size() != 1 || !module.statements.front().name.empty())
        reader.fail(item, "one expression is expected", "it assigns a name or has several statements",
                    "give each name a line of its own in [lets] or [outputs]; put brackets around a longer expression");
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ';' || text.back() == ' '))
        text.pop_back();
    const auto start = text.find_first_not_of(" \t\r\n;");
    return start == std::string::npos ? text : text.substr(start);
}

std::variant<Location, Constant> read_input_text(const JobReader& reader, const Item& item) {
    const auto text = reader.text(item);
    if (text.starts_with('/') && text.find(':') == std::string::npos) {
        if (auto location = parse_location(":" + text, Probe::text)) return *std::move(location);
    }
    if (auto number = at_item(reader, item, [&] { return parse_constant(text); })) return *number;
    if (auto location = parse_location(text, Probe::text)) return *std::move(location);
    reader.fail(item, fmt::format("'{}' is neither a dataset nor a number", text),
                "a path starts with '/', a file is separated from it by ':'", kInputForms);
}

std::variant<Location, Constant> read_input_table(const JobReader& reader, const Item& item) {
    Location location;
    for (const auto& part : reader.items(reader.table(item, kInputForms), item.key + ".")) {
        reader.check_key(part, {"file", "dataset", "attribute"});
        const auto key = last_key(part.key);
        (key == "file"      ? location.file
         : key == "dataset" ? location.path
                            : location.attribute.emplace()) = reader.text(part);
    }
    if (location.path.empty())
        reader.fail(item, "the dataset is missing", "an input is a dataset or one of its attributes",
                    "add dataset = \"/path\"");
    return location;
}

Input read_input(const JobReader& reader, const Item& item) {
    check_name(reader, item);
    Input input{std::string(last_key(item.key)), false};
    if (const auto value = item.node->value_exact<bool>())
        input.source = Constant(*value);
    else if (const auto integer = item.node->value_exact<std::int64_t>())
        input.source = Constant(*integer);
    else if (const auto real = item.node->value_exact<double>())
        input.source = Constant(*real);
    else if (item.node->is_table())
        input.source = read_input_table(reader, item);
    else
        input.source = read_input_text(reader, item);
    return input;
}

// Takes the item if it is a setting of the storage.
bool read_format(const JobReader& reader, const Item& item, DatasetFormat& format) {
    const auto key = last_key(item.key);
    if (key == "dtype") {
        format.dtype = at_item(reader, item, [&] { return parse_dtype(reader.text(item)); });
    } else if (key == "chunks") {
        if (item.node->is_string()) {
            at_item(reader, item, [&] { parse_chunks(reader.text(item), format); });
        } else {
            format.chunks = reader.extents(item);
            format.chunk_rule = ChunkRule::given;
        }
    } else if (key == "gzip") {
        format.gzip = static_cast<int>(reader.integer(item, 0, 9));
    } else if (key == "shuffle") {
        format.shuffle = reader.flag(item);
    } else if (key == "fletcher32") {
        format.fletcher32 = reader.flag(item);
    } else {
        return false;
    }
    return true;
}

void assign(Job& job, const std::string& name, const std::string& expression, std::string place) {
    const auto begin = job.program.size();
    job.program += name + " = ";
    job.pieces.push_back({begin, job.program.size(), std::move(place)});
    job.program += expression + "\n";
}

void read_let(const JobReader& reader, const Item& item, Job& job) {
    check_name(reader, item);
    assign(job, std::string(last_key(item.key)), read_expression(reader, item), reader.place(item));
}

void read_output(const JobReader& reader, const Item& item, Job& job) {
    check_name(reader, item);
    const std::string name(last_key(item.key));
    job.results.push_back(name);
    if (!item.node->is_table()) return assign(job, name, read_expression(reader, item), reader.place(item));
    std::string expression, place;
    auto& format = job.output->formats[name];
    for (const auto& part : reader.items(*item.node->as_table(), item.key + ".")) {
        reader.check_key(part, {"expression", "dtype", "chunks", "gzip", "shuffle", "fletcher32"});
        if (read_format(reader, part, format)) continue;
        expression = read_expression(reader, part);
        place = reader.place(part);
    }
    if (expression.empty())
        reader.fail(item, "the expression is missing", "an output is computed from one", "add expression = \"…\"");
    assign(job, name, expression, place);
}

void read_write(const JobReader& reader, const Item& item, OutputSpec& output) {
    reader.check_key(item, {"file", "group", "dtype", "chunks", "gzip", "shuffle", "fletcher32", "overwrite"});
    const auto key = last_key(item.key);
    if (read_format(reader, item, output.format)) return;
    if (key == "overwrite") {
        output.overwrite = reader.flag(item) ? Overwrite::replace : Overwrite::refuse;
        return;
    }
    auto text = reader.text(item);
    if (text.empty()) reader.fail(item, "the text is empty", "a name is expected", "write one, or leave the key out");
    if (key == "group" && !text.starts_with('/')) text.insert(0, "/");
    (key == "file" ? output.file : output.group) = std::move(text);
}

void read_option(const JobReader& reader, const Item& item, JobFile& file) {
    reader.check_key(item, {"cf", "lock", "threads", "memory"});
    const auto key = last_key(item.key);
    if (key == "cf")
        file.job.cf = reader.flag(item) ? Cf::decode : Cf::raw;
    else if (key == "lock")
        file.job.lock = reader.flag(item) ? FileLock::yes : FileLock::no;
    else if (key == "threads")
        file.threads = static_cast<int>(reader.integer(item, 1, 4096));
    else
        file.memory = at_item(reader, item, [&] { return parse_bytes(reader.text(item)); });
}

// Each name once, and something to compute and to write.
void check_whole(const std::string& name, const Job& job, const std::vector<std::string>& names) {
    for (auto at = names.begin(); at != names.end(); ++at)
        if (std::find(names.begin(), at, *at) != at)
            throw ArgumentError(fmt::format("{}: the name '{}' is given twice", name, *at),
                                "inputs, lets and outputs share one set of names", "rename one of them");
    if (job.results.empty())
        throw ArgumentError(fmt::format("{}: the job has no outputs", name), "the table [outputs] is missing or empty",
                            "add [outputs] with lines like mu = \"-log(t)\"");
    if (job.output->file.empty())
        throw ArgumentError(fmt::format("{}: the job does not say where its results go", name),
                            "the key write.file is missing", "add [write] with file = \"{dir}/{stem}_result.h5\"");
}

// lets come before outputs, whatever the order of the two tables in the file.
void read_table(const JobReader& reader, const Item& top, JobFile& file, std::vector<std::string>& names) {
    for (const auto& item : reader.items(*top.node->as_table(), top.key + ".")) {
        if (top.key == "write") {
            read_write(reader, item, *file.job.output);
            continue;
        }
        if (top.key == "options") {
            read_option(reader, item, file);
            continue;
        }
        names.emplace_back(last_key(item.key));
        if (top.key == "inputs")
            file.job.inputs.push_back(read_input(reader, item));
        else if (top.key == "lets")
            read_let(reader, item, file.job);
        else
            read_output(reader, item, file.job);
    }
}

}  // namespace

Override parse_override(std::string_view text) {
    const auto equals = text.find('=');
    const auto bad = [&](std::string_view reason) {
        throw ArgumentError(fmt::format("--set {}", text), std::string(reason),
                            "write --set KEY=VALUE, as in --set write.gzip=4");
    };
    if (equals == std::string_view::npos) bad("there is no '=' in it");
    const auto key = text.substr(0, equals);
    if (key.empty() || key.front() == '.' || key.back() == '.' || key.find("..") != std::string_view::npos)
        bad("the key has an empty part");
    return {std::string(key), std::string(text.substr(equals + 1))};
}

JobFile parse_job(std::string_view text, const std::string& name, const std::vector<Override>& overrides) {
    const JobReader reader(name, overrides);
    const toml::table root = reader.parse(text);
    JobFile file;
    file.job.output.emplace();
    std::vector<std::string> names;
    auto tops = reader.items(root, "");
    for (const auto& top : tops) {
        reader.check_key(top, {"title", "files", "inputs", "lets", "outputs", "write", "options"});
        if (top.key == "title")
            file.job.title = reader.text(top);
        else if (top.key == "files")
            file.files = reader.texts(top);
        else
            reader.table(top, fmt::format("write [{}] on a line of its own", top.key));
    }
    std::stable_partition(tops.begin(), tops.end(), [](const Item& top) { return top.key != "outputs"; });
    for (const auto& top : tops)
        if (top.node->is_table()) read_table(reader, top, file, names);
    check_whole(name, file.job, names);
    return file;
}

}  // namespace heddle::pipeline
