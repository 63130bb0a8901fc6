package compat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.MessageConst;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageRequestMode;

/**
 * Push consumers whose brokers, three of a cluster, say who works on which queues. Arguments as
 * those of Suite.
 */
public final class PopClusterSuite {
  private static final long LIMIT_MS = 60_000;
  private static final String[] INSTANCES = {"one", "two", "three"};

  private PopClusterSuite() {}

  public static void main(String[] arguments) throws Exception {
    Map<String, Suite.Scenario> clusters = new LinkedHashMap<>();
    clusters.put("pop-from-all", PopClusterSuite::popFromAll);
    clusters.put("pop-again", PopClusterSuite::popAgain);
    clusters.put("pop-shared-queues", PopClusterSuite::popShared);
    clusters.put("pull-assigned", PopClusterSuite::pullAssigned);
    Suite.play(clusters, arguments);
  }

  /** Tells every broker: each keeps its own modes. */
  private static void popMode(Site site, String group, int share) throws Exception {
    DefaultMQProducer producer = site.another("modes");
    for (String broker : ClusterSuite.BROKERS) {
      producer
          .getDefaultMQProducerImpl()
          .getMqClientFactory()
          .getMQClientAPIImpl()
          .setMessageRequestMode(
              new Tools(producer, broker).broker,
              site.topic,
              group,
              MessageRequestMode.POP,
              share,
              10_000);
    }
  }

  private static void start(Site site, String instance, MessageListenerConcurrently listener)
      throws Exception {
    DefaultMQPushConsumer consumer = site.push("*", listener);
    consumer.setInstanceName(site.group + instance);
    consumer.setClientRebalance(false);
    consumer.setPopInvisibleTime(10_000);
    consumer.setPollNameServerInterval(1000);
    consumer.start();
  }

  private static List<Collector> started(Site site, int count) throws Exception {
    List<Collector> collectors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      collectors.add(new Collector());
      start(site, INSTANCES[i], collectors.get(i));
    }
    return collectors;
  }

  /** Waits until these came, each once, from the broker where it is stored. */
  private static List<MessageExt> expect(Map<String, String> brokers, List<Collector> collectors)
      throws Exception {
    Check.until(LIMIT_MS, () -> all(collectors).size() + " of " + brokers.size() + " came", () ->
        all(collectors).size() >= brokers.size());
    Thread.sleep(3000);
    Map<String, String> came = new TreeMap<>();
    for (MessageExt one : all(collectors)) came.put(Collector.text(one), one.getBrokerName());
    Check.same("messages and their brokers", brokers, came);
    Check.same("deliveries", brokers.size(), all(collectors).size());
    return all(collectors);
  }

  private static List<MessageExt> all(List<Collector> collectors) {
    List<MessageExt> all = new ArrayList<>();
    for (Collector one : collectors) all.addAll(one.all());
    return all;
  }

  /** Two clients pop from all brokers. */
  private static void popFromAll(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    ClusterSuite.create(site, producer);
    popMode(site, site.group, 0);
    Map<String, String> brokers = ClusterSuite.send(site, producer, 60);
    for (MessageExt one : expect(brokers, started(site, 2))) {
      Check.that(one.getProperty(MessageConst.PROPERTY_POP_CK) != null, "no receipt: " + one);
    }
  }

  /** What fails comes again, from the broker where it was. */
  private static void popAgain(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    ClusterSuite.create(site, producer);
    popMode(site, site.group, 0);
    Map<String, String> brokers = ClusterSuite.send(site, producer, 30);
    Map<String, Integer> tries = new ConcurrentHashMap<>();
    Collector again = new Collector();
    start(site, "one", (messages, context) -> {
      for (MessageExt one : messages) {
        if (tries.merge(Collector.text(one), 1, Integer::sum) == 1) {
          return ConsumeConcurrentlyStatus.RECONSUME_LATER;
        }
      }
      again.add(messages);
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    expect(brokers, List.of(again));
  }

  /** Three clients, each with the queues of its own and those of the next one. */
  private static void popShared(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    ClusterSuite.create(site, producer);
    popMode(site, site.group, 1);
    List<Collector> collectors = started(site, 3);
    expect(ClusterSuite.send(site, producer, 60), collectors);
  }

  /** Clients that pull the queues that a broker gave them: of all brokers, each queue once. */
  private static void pullAssigned(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    ClusterSuite.create(site, producer);
    List<Collector> collectors = started(site, 2);
    // A client that comes second takes queues over: messages of that moment may come twice.
    Thread.sleep(25_000);
    expect(ClusterSuite.send(site, producer, 60), collectors);
    for (Collector one : collectors) Check.that(one.count() > 0, "one client had nothing");
  }
}
