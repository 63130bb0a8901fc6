import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.filter.SqlFilter;
import org.apache.rocketmq.filter.expression.EvaluationContext;
import org.apache.rocketmq.filter.expression.Expression;

/**
 * Wrote sql_golden.txt: RocketMQ's own verdict on each expression of sql_expressions.ts, a line
 * each: R where it refuses it, else a bit for each set of properties, as hexadecimal digits.
 * Arguments: the two files that sql_golden_inputs.ts writes, and where to write. On the class path:
 * the jars of an Apache RocketMQ 5.5.0 distribution.
 */
public final class SqlGolden {
    private SqlGolden() {
    }

    public static void main(String[] arguments) throws Exception {
        List<Map<String, Object>> sets = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(arguments[1]))) {
            sets.add(readSet(line));
        }
        StringBuilder verdicts = new StringBuilder();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            verdicts.append(judge(decode(line), sets)).append('\n');
        }
        Files.writeString(Path.of(arguments[2]), verdicts);
    }

    private static String judge(String text, List<Map<String, Object>> sets) {
        Expression expression;
        try {
            expression = new SqlFilter().compile(text);
        } catch (Throwable refused) {
            return "R";
        }
        long bits = 0;
        for (Map<String, Object> set : sets) {
            bits = bits << 1 | (matches(expression, set) ? 1 : 0);
        }
        return String.format("%08x", bits);
    }

    private static boolean matches(Expression expression, Map<String, Object> set) {
        try {
            return expression.evaluate(new EvaluationContext() {
                @Override
                public Object get(String name) {
                    return set.get(name);
                }

                @Override
                public Map<String, Object> keyValues() {
                    return set;
                }
            }) == Boolean.TRUE;
        } catch (Throwable failed) {
            return false;
        }
    }

    private static Map<String, Object> readSet(String line) {
        Map<String, Object> set = new HashMap<>();
        for (String pair : line.isEmpty() ? new String[0] : line.split("&")) {
            int at = pair.indexOf('=');
            set.put(decode(pair.substring(0, at)), decode(pair.substring(at + 1)));
        }
        return set;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
