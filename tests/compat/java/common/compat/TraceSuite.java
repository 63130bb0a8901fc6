package compat;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.rocketmq.client.QueryResult;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** Clients that trace. Arguments as those of Suite; prints `TRACED scenario id` as well. */
public final class TraceSuite {
  private static final String TRACE_TOPIC = "RMQ_SYS_TRACE_TOPIC";

  private TraceSuite() {}

  public static void main(String[] arguments) throws Exception {
    Map<String, Suite.Scenario> traces = new LinkedHashMap<>();
    traces.put("trace-to-system-topic", site -> send(site, null));
    traces.put("trace-to-custom-topic", site -> send(site, site.topic + "_trace"));
    traces.put("trace-of-transaction", TraceSuite::transaction);
    traces.put("trace-not-wanted", TraceSuite::notWanted);
    Suite.play(traces, arguments);
  }

  private static Collector consume(Site site, String traceTopic) throws Exception {
    Collector collector = new Collector();
    DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(site.group, true, traceTopic);
    consumer.setNamesrvAddr(site.nameServer);
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    consumer.subscribe(site.topic, "*");
    consumer.registerMessageListener(collector);
    consumer.start();
    site.closing(consumer::shutdown);
    return collector;
  }

  private static void send(Site site, String traceTopic) throws Exception {
    DefaultMQProducer producer =
        new DefaultMQProducer(site.group + "_producer", true, traceTopic);
    producer.setNamesrvAddr(site.nameServer);
    site.start(producer);
    Message message = site.message("TagA", "traced");
    message.setKeys("trace-key");
    SendResult sent = Site.stored(producer.send(message));
    Check.same("region", "DefaultRegion", sent.getRegionId());
    Check.that(sent.isTraceOn(), "the broker says that it is not to be traced");
    consume(site, traceTopic).expect(Set.of("traced"), 20_000);
    String topic = traceTopic == null ? TRACE_TOPIC : traceTopic;
    expect(producer, topic, sent.getMsgId(), Set.of("Pub", "SubBefore", "SubAfter"));
    expect(producer, topic, "trace-key", Set.of("Pub", "SubBefore", "SubAfter"));
    System.out.println("TRACED " + (traceTopic == null ? "system " : "custom ") + sent.getMsgId());
  }

  /** The other broker is of another region, and says that nothing is to be traced. */
  private static void notWanted(Site site) throws Exception {
    DefaultMQProducer producer =
        new DefaultMQProducer(site.group + "_producer", true, TRACE_TOPIC);
    producer.setNamesrvAddr(site.strictNameServer);
    site.start(producer);
    SendResult sent = Site.stored(producer.send(site.message("TagA", "not traced")));
    Check.same("region", "Elsewhere", sent.getRegionId());
    Check.that(!sent.isTraceOn(), "the broker says that it is to be traced");
    Thread.sleep(3000);
    Check.same("steps", Set.of(), steps(producer, TRACE_TOPIC, sent.getMsgId()));
  }

  private static void transaction(Site site) throws Exception {
    TransactionMQProducer producer =
        new TransactionMQProducer(null, site.group + "_producer", null, true, null);
    producer.setNamesrvAddr(site.nameServer);
    producer.setTransactionListener(new TransactionListener() {
      @Override
      public LocalTransactionState executeLocalTransaction(Message message, Object argument) {
        return LocalTransactionState.COMMIT_MESSAGE;
      }

      @Override
      public LocalTransactionState checkLocalTransaction(MessageExt message) {
        return LocalTransactionState.UNKNOW;
      }
    });
    site.start(producer);
    Message message = site.message("TagA", "traced");
    SendResult sent = Site.stored(producer.sendMessageInTransaction(message, null));
    consume(site, null).expect(Set.of("traced"), 20_000);
    Set<String> steps = Set.of("Pub", "EndTransaction", "SubBefore", "SubAfter");
    expect(producer, TRACE_TOPIC, sent.getMsgId(), steps);
    System.out.println("TRACED transaction " + sent.getMsgId());
  }

  /** Waits until the trace of a message is whole. */
  private static void expect(
      DefaultMQProducer producer, String topic, String key, Set<String> steps) throws Exception {
    Set<String> found = new TreeSet<>();
    Check.until(30_000, () -> "trace of " + key + ": " + found, () -> {
      found.addAll(steps(producer, topic, key));
      return found.containsAll(steps);
    });
  }

  private static Set<String> steps(DefaultMQProducer producer, String topic, String key) {
    Set<String> found = new TreeSet<>();
    try {
      Thread.sleep(200);
      long now = System.currentTimeMillis();
      QueryResult result = producer.queryMessage(topic, key, 64, now - 600_000, now + 60_000);
      for (MessageExt one : result.getMessageList()) {
        String body = new String(one.getBody(), StandardCharsets.UTF_8);
        for (String step : body.split("\u0002")) {
          if (step.contains(key)) found.add(step.split("\u0001")[0]);
        }
      }
    } catch (MQClientException notYet) {
      // Nothing by that key, or no route to the topic.
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    return found;
  }
}
