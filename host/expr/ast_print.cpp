#include <array>
#include <charconv>
#include <utility>

#include "host/expr/ast.hpp"

namespace heddle::expr::ast {
namespace {

// How tightly each form binds, loosest first: Python's table.
enum Level {
    kOr = 1,
    kAnd,
    kNot,
    kCompare,
    kBitOr,
    kBitXor,
    kBitAnd,
    kShift,
    kSum,
    kProduct,
    kSign,
    kPower,
    kPostfix,
    kAtom
};

Level level_of(BinaryOp op) {
    constexpr std::array<Level, 14> levels{kOr,  kAnd, kBitOr,   kBitXor,  kBitAnd,  kShift,   kShift,
                                           kSum, kSum, kProduct, kProduct, kProduct, kProduct, kPower};
    return levels[static_cast<std::size_t>(op)];
}

Level level_of(const Node& node) {
    if (const auto* unary = node.as<Unary>()) return unary->op == UnaryOp::logical_not ? kNot : kSign;
    if (const auto* binary = node.as<Binary>()) return level_of(binary->op);
    if (node.as<Comparison>()) return kCompare;
    if (node.as<Call>() || node.as<Member>() || node.as<Subscript>() || node.as<DatasetAttribute>()) return kPostfix;
    return kAtom;
}

std::string shortest(double value) {
    std::array<char, 32> digits{};
    auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    std::string text(digits.data(), result.ptr);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

std::string quote(const std::string& value) {
    std::string out = "'";
    for (char c : value) {
        if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else {
            if (c == '\'' || c == '\\') out.push_back('\\');
            out.push_back(c);
        }
    }
    return out + "'";
}

class Printer {
public:
    std::string take() { return std::move(out_); }

    void child(const Node& node, Level at_least) {
        bool wrap = level_of(node) < at_least;
        if (wrap) out_ += '(';
        std::visit([&](const auto& form) { put(form); }, node.form);
        if (wrap) out_ += ')';
    }

private:
    void put(const Integer& n) { out_ += std::to_string(n.value); }
    void put(const Floating& n) { out_ += shortest(n.value); }
    void put(const Imaginary& n) { out_ += shortest(n.value) + "j"; }
    void put(const Text& n) { out_ += quote(n.value); }
    void put(const Constant& n) {
        constexpr std::array<std::string_view, 4> names{"True", "False", "None", "..."};
        out_ += names[static_cast<std::size_t>(n)];
    }
    void put(const Name& n) { out_ += n.name; }
    void put(const DatasetAttribute& n) { out_ += n.dataset + "@" + quote(n.attribute); }
    void put(const Unary& n) {
        out_ += spelling(n.op);
        if (n.op == UnaryOp::logical_not) out_ += ' ';
        child(*n.operand, n.op == UnaryOp::logical_not ? kNot : kSign);
    }
    void put(const Binary& n) {
        auto level = level_of(n.op);
        bool power = n.op == BinaryOp::power;
        child(*n.left, power ? kPostfix : level);
        out_ += " " + std::string(spelling(n.op)) + " ";
        child(*n.right, power ? kSign : static_cast<Level>(level + 1));
    }
    void put(const Comparison& n) {
        child(*n.operands[0], kBitOr);
        for (std::size_t i = 0; i < n.ops.size(); ++i) {
            out_ += " " + std::string(spelling(n.ops[i])) + " ";
            child(*n.operands[i + 1], kBitOr);
        }
    }
    void put(const Call& n) {
        child(*n.callee, kPostfix);
        out_ += '(';
        list(n.arguments);
        for (std::size_t i = 0; i < n.keywords.size(); ++i) {
            if (i > 0 || !n.arguments.empty()) out_ += ", ";
            out_ += n.keywords[i].name + "=";
            child(*n.keywords[i].value, kOr);
        }
        out_ += ')';
    }
    void put(const Member& n) {
        // "1.real" would read as a number.
        bool number = n.object->as<Integer>() || n.object->as<Floating>();
        if (number) out_ += '(';
        child(*n.object, kPostfix);
        out_ += number ? ")." : ".";
        out_ += n.name;
    }
    void put(const Subscript& n) {
        child(*n.object, kPostfix);
        out_ += '[';
        list(n.items);
        // x[(1, 2),] and x[(1, 2)] differ; so do x[()] and the invalid x[].
        if (n.items.empty()) out_ += "()";
        if (n.items.size() == 1 && is_tuple(*n.items[0])) out_ += ',';
        out_ += ']';
    }
    void put(const Slice& n) {
        if (n.start) child(*n.start, kOr);
        out_ += ':';
        if (n.stop) child(*n.stop, kOr);
        if (n.step) out_ += ':';
        if (n.step) child(*n.step, kOr);
    }
    void put(const Sequence& n) {
        bool tuple = n.brackets == Brackets::tuple;
        out_ += tuple ? '(' : '[';
        list(n.items);
        if (tuple && n.items.size() == 1) out_ += ',';
        out_ += tuple ? ')' : ']';
    }

    static bool is_tuple(const Node& node) {
        const auto* sequence = node.as<Sequence>();
        return sequence != nullptr && sequence->brackets == Brackets::tuple;
    }
    void list(const std::vector<NodePtr>& items) {
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (i > 0) out_ += ", ";
            child(*items[i], kOr);
        }
    }

    std::string out_;
};

}  // namespace

std::string_view spelling(UnaryOp op) {
    constexpr std::array<std::string_view, 4> texts{"+", "-", "~", "not"};
    return texts[static_cast<std::size_t>(op)];
}

std::string_view spelling(BinaryOp op) {
    constexpr std::array<std::string_view, 14> texts{"or", "and", "|", "^", "&",  "<<", ">>",
                                                     "+",  "-",   "*", "/", "//", "%",  "**"};
    return texts[static_cast<std::size_t>(op)];
}

std::string_view spelling(CompareOp op) {
    constexpr std::array<std::string_view, 6> texts{"<", "<=", ">", ">=", "==", "!="};
    return texts[static_cast<std::size_t>(op)];
}

std::string print(const Node& node) {
    Printer printer;
    printer.child(node, kOr);
    return printer.take();
}

std::string print(const Module& module) {
    std::string out;
    for (const auto& statement : module.statements) {
        if (!statement.name.empty()) out += statement.name + " = ";
        out += print(*statement.value) + "\n";
    }
    return out;
}

}  // namespace heddle::expr::ast
